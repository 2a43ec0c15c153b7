import { clientKey, isAddress } from "../client-key.js";
import { optionError, TollgateError } from "../errors.js";
import { dialectError, type HeaderDialect, isDialect } from "../headers.js";
import { createHttpLimiter } from "../limiter.js";
import { STORE_OPTIONS } from "../store/options.js";
import type { Amount, Decision, HttpOptions, Limiter, LimiterOptions, Redis } from "../types.js";
import { checkOptions } from "../validate.js";
import type { OnKeyError } from "./callers.js";

/** What a limiter is made from. */
const LIMITER_OPTIONS = ["limit", "window", "algorithm", "burst", "blockFor", "policies", "maxKeys", ...STORE_OPTIONS];
/** Who is limited, and how a refusal looks: what routes of an application have in common. */
export const COMMON_OPTIONS: readonly string[] = [
  "key",
  "onKeyError",
  "skip",
  "allowList",
  "headers",
  "statusCode",
  "message",
  "dryRun",
  "onLimited",
];
const OPTIONS: readonly string[] = [
  ...LIMITER_OPTIONS,
  "limiter",
  ...COMMON_OPTIONS,
  "cost",
  "limits",
  "skipSuccessfulRequests",
  "skipFailedRequests",
];
const ON_KEY_ERROR: readonly unknown[] = ["shared", "open", "closed"];

type Asked<T> = T | PromiseLike<T>;

/** {@link HttpOptions}, checked and with defaults. */
export interface Settings<C, N extends string> {
  limiter: Limiter<N>;
  /** The store of a request, where each brings its own. */
  redis: ((ctx: C) => Asked<Redis | undefined>) | undefined;
  key: ((ctx: C) => unknown) | undefined;
  onKeyError: OnKeyError;
  skip: ((ctx: C) => Asked<unknown>) | undefined;
  allowed: ReadonlySet<string> | undefined;
  cost: ((ctx: C) => Asked<Amount<N>>) | undefined;
  limits: ((ctx: C) => Asked<Amount<N>>) | undefined;
  /** Name of the option that gave `limits`. */
  limitsFrom: "limit" | "limits";
  skipSuccessful: boolean;
  skipFailed: boolean;
  dialect: HeaderDialect;
  status: number;
  message: unknown;
  dryRun: boolean;
  onLimited: ((ctx: C, decision: Decision<N>) => unknown) | undefined;
}

/**
 * Checks the options of a middleware and makes its limiter.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function settingsOf<C, N extends string>(
  where: string,
  options: HttpOptions<C, N>,
  storeName?: string,
): Settings<C, N> {
  checkOptions(where, options, OPTIONS);
  const given = options as Record<string, unknown>;
  const planned = typeof given.limit === "function";
  if (planned) refuseBoth(given);
  return {
    redis: typeof given.redis === "function" ? (given.redis as Settings<C, N>["redis"]) : undefined,
    key: callback("CONFIG_KEY", given, "key"),
    onKeyError: onKeyError(given.onKeyError),
    skip: callback("CONFIG_FUNCTION", given, "skip"),
    allowed: allowList(given.allowList),
    cost: callback("CONFIG_FUNCTION", given, "cost"),
    limits: callback("CONFIG_FUNCTION", given, planned ? "limit" : "limits"),
    limitsFrom: planned ? "limit" : "limits",
    skipSuccessful: flag(given, "skipSuccessfulRequests"),
    skipFailed: flag(given, "skipFailedRequests"),
    dialect: dialect(given.headers),
    status: status(given.statusCode),
    message: given.message,
    dryRun: flag(given, "dryRun"),
    onLimited: callback("CONFIG_FUNCTION", given, "onLimited"),
    limiter: given.limiter === undefined ? ownLimiter<N>(given, planned, storeName) : givenLimiter<N>(given),
  };
}

function ownLimiter<N extends string>(
  given: Record<string, unknown>,
  planned: boolean,
  storeName: string | undefined,
): Limiter<N> {
  const rules: Record<string, unknown> = {};
  for (const name of LIMITER_OPTIONS) if (given[name] !== undefined) rules[name] = given[name];
  // Each request brings its own limit; this one only has to fit the burst.
  if (planned) rules.limit = given.burst ?? 1;
  return createHttpLimiter<N>(rules as unknown as LimiterOptions<N>, storeName);
}

function givenLimiter<N extends string>(given: Record<string, unknown>): Limiter<N> {
  const extra = LIMITER_OPTIONS.filter((name) => given[name] !== undefined);
  if (extra.length > 0) {
    throw new TollgateError(
      "CONFIG_LIMITER",
      `limiter: is not allowed together with ${extra.join(", ")}; expected one or the other`,
      `Give ${extra.join(", ")} to createLimiter, where the limiter is made.`,
    );
  }
  if (typeof (given.limiter as { check?: unknown } | null)?.check !== "function") {
    throw optionError("CONFIG_LIMITER", "limiter", given.limiter, "a limiter that createLimiter made");
  }
  return given.limiter as Limiter<N>;
}

function refuseBoth(given: Record<string, unknown>): void {
  if (given.limits === undefined) return;
  throw optionError("CONFIG_LIMIT", "limits", given.limits, "either limit or limits as a function");
}

// The type of what a function returns is the caller's promise; what it really returns is checked by the limiter.
function callback<F>(code: string, given: Record<string, unknown>, field: string): F | undefined {
  const value = given[field];
  if (value !== undefined && typeof value !== "function") throw optionError(code, field, value, "a function");
  return value as F | undefined;
}

function flag(given: Record<string, unknown>, field: string): boolean {
  const value = given[field] ?? false;
  if (typeof value !== "boolean") throw optionError("CONFIG_FLAG", field, value, "true or false");
  return value;
}

function onKeyError(value: unknown = "shared"): OnKeyError {
  if (ON_KEY_ERROR.includes(value)) return value as OnKeyError;
  throw optionError("CONFIG_ON_KEY_ERROR", "onKeyError", value, '"shared", "open" or "closed"');
}

/** The keys that are not counted: as they were given, and addresses also as {@link clientKey} writes them. */
function allowList(value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
    throw optionError("CONFIG_ALLOW_LIST", "allowList", value, 'a list of keys such as ["203.0.113.7"]');
  }
  const addresses = value.filter(isAddress).map((entry) => clientKey(entry));
  return new Set([...value, ...addresses]);
}

function dialect(value: unknown = "draft-11"): HeaderDialect {
  if (!isDialect(value)) throw dialectError(value);
  return value;
}

function status(value: unknown = 429): number {
  if (Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599) return value as number;
  throw optionError("CONFIG_STATUS_CODE", "statusCode", value, "a whole number from 400 to 599");
}
