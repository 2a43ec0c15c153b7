/** Names of the options that say where state is kept. */
export const STORE_OPTIONS = [
  "name",
  "redis",
  "prefix",
  "onStoreError",
  "storeTimeout",
  "localShare",
  "denialCache",
] as const;
