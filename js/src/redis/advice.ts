/** Replies that a reader can do something about, by how Redis begins them. */
const ADVICE: readonly [RegExp, string][] = [
  [/\bNOPERM\b/, "Allow the Redis user the commands, keys and channels that docs/redis.md lists."],
  [
    /\b(?:NOAUTH|WRONGPASS)\b|invalid password/i,
    "Give the URL or the client the user and password that Redis expects.",
  ],
  [/\bWRONGTYPE\b/, "Something else has written to that key: delete it, and give tollgate a prefix of its own."],
  [/\bOOM\b/, "Redis is full: raise maxmemory, or let it evict. What tollgate writes ends by itself."],
  [
    /\bREADONLY\b/,
    "This is a replica: give the address of the primary, or a client that finds it (Sentinel, Cluster).",
  ],
  [/\b(?:MOVED|ASK|CROSSSLOT)\b/, "This is a node of a cluster: give a client for clusters instead."],
  [/\b(?:MISCONF|LOADING|MASTERDOWN|BUSY|CLUSTERDOWN)\b/, "Redis takes no writes at the moment: its log says why."],
];

const CONNECTION =
  "See that Redis runs and can be reached. A lost connection may have lost the answer of a call that was counted or sent.";

/** What to do about a call that failed with this message. */
export function advice(message: string): string {
  const [, hint = CONNECTION] = ADVICE.find(([pattern]) => pattern.test(message)) ?? [];
  return `${hint} Limits go on as onStoreError says.`;
}
