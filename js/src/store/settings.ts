import { optionError } from "../errors.js";
import type { StoreOptions } from "../types.js";
import { micros } from "../validate.js";
import { checkedLocalShare, type LocalShare } from "./local-share.js";

/** What happens to a call that the store does not decide. */
export type OnStoreError = "open" | "closed" | "local";

/** {@link StoreOptions}, checked and with defaults. */
export interface StoreSettings {
  name: string | undefined;
  prefix: string;
  onStoreError: OnStoreError;
  timeoutMs: number | undefined;
  localShare: LocalShare;
  /** Longest time that a refusal is remembered; 0 for not at all. */
  denialCacheMicros: number;
}

const ON_STORE_ERROR: readonly unknown[] = ["open", "closed", "local"];
const PREFIX = /^[\x21-\x7e]{1,64}$/;
const LONGEST_TIMEOUT_MS = 60_000;
const DENIAL_CACHE_MICROS = 1_000_000;

/** Checks the options of a store. */
export function storeSettings(given: Omit<StoreOptions, "redis">): StoreSettings {
  return {
    name: given.name,
    prefix: prefix(given.prefix),
    onStoreError: onStoreError(given.onStoreError),
    timeoutMs: given.storeTimeout === undefined ? undefined : timeout(given.storeTimeout),
    localShare: checkedLocalShare(given.localShare),
    denialCacheMicros: denialCache(given.denialCache),
  };
}

function prefix(given: unknown = "tollgate"): string {
  if (typeof given === "string" && PREFIX.test(given) && !/[{}]/.test(given)) return given;
  throw optionError("CONFIG_PREFIX", "prefix", given, "1 to 64 printable ASCII characters without spaces and braces");
}

function onStoreError(given: unknown = "open"): OnStoreError {
  if (ON_STORE_ERROR.includes(given)) return given as OnStoreError;
  throw optionError("CONFIG_ON_STORE_ERROR", "onStoreError", given, '"open", "closed" or "local"');
}

function timeout(given: unknown): number {
  const ms = micros("CONFIG_STORE_TIMEOUT", "storeTimeout", given) / 1000;
  if (ms >= 1 && ms <= LONGEST_TIMEOUT_MS) return ms;
  throw optionError("CONFIG_STORE_TIMEOUT", "storeTimeout", given, "a duration from 1 ms to 60 s");
}

function denialCache(given: unknown): number {
  if (given === undefined) return DENIAL_CACHE_MICROS;
  if (given === false) return 0;
  const longest = micros("CONFIG_DENIAL_CACHE", "denialCache", given);
  if (longest <= 60_000_000) return longest;
  throw optionError("CONFIG_DENIAL_CACHE", "denialCache", given, "a duration up to 60 s, or false");
}
