import type { EnginePolicy } from "../engine.js";
import { optionError } from "../errors.js";
import type { EnginePacerConfig } from "../machines.js";
import { checkOptions, micros, policiesOf } from "../validate.js";
import type { PaceOptions, Retry } from "./types.js";

const POLICY = ["name", "limit", "window"];
const OPTIONS = [...POLICY, "policies", "concurrency", "maxDelay", "maxQueue", "retry", "learn", "redis", "share"];
const PACE_OPTIONS = ["cost", "priority", "signal", "maxDelay", "lane"];
const MAX_QUEUE = 2 ** 31;
const MAX_RETRIES = 1_000;
const MAX_PRIORITY = 1_000_000;

/** What a pacer is made from, checked. */
export interface PacerSettings {
  engine: EnginePacerConfig;
  /** Longest wait; undefined for any. */
  maxDelayMicros: number | undefined;
  retry: Retry;
  learn: boolean;
}

/** Checks the options of a pacer but for those of sharing. */
export function pacerSettings(given: unknown): PacerSettings {
  checkOptions("createPacer", given, OPTIONS);
  const { name, concurrency, maxDelay, maxQueue, retry, learn } = given;
  if (name !== undefined && typeof name !== "string") throw optionError("CONFIG_NAME", "name", name, "a text");
  const engine: EnginePacerConfig = { policies: policies(given) };
  if (concurrency !== undefined) engine.concurrency = whole("CONFIG_CONCURRENCY", "concurrency", concurrency, 1);
  if (maxQueue !== undefined) engine.maxQueue = whole("CONFIG_MAX_QUEUE", "maxQueue", maxQueue, 0, MAX_QUEUE);
  return {
    engine,
    maxDelayMicros: maxDelay === undefined ? undefined : micros("CONFIG_MAX_DELAY", "maxDelay", maxDelay),
    retry: checkedRetry(retry),
    learn: checkedLearn(learn),
  };
}

/** Checks the options of a call. */
export function checkPaceOptions(given: PaceOptions): void {
  checkOptions("options", given, PACE_OPTIONS);
  const { priority, signal, lane } = given as PaceOptions;
  if (priority !== undefined && !(Number.isSafeInteger(priority) && Math.abs(priority) <= MAX_PRIORITY)) {
    throw optionError(
      "CONFIG_PRIORITY",
      "priority",
      priority,
      `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`,
    );
  }
  if (signal !== undefined && !isSignal(signal)) throw optionError("CONFIG_SIGNAL", "signal", signal, "an AbortSignal");
  if (lane !== undefined && typeof lane !== "string") throw optionError("CONFIG_LANE", "lane", lane, "a text");
}

/** Accepts a function. */
export function checkFunction(field: string, given: unknown): void {
  if (typeof given !== "function") throw optionError("CONFIG_FUNCTION", field, given, "a function");
}

/** Accepts a concurrency that is `Infinity` as well. */
export function checkedConcurrency(given: unknown): number {
  if (given === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER;
  return whole("CONFIG_CONCURRENCY", "concurrency", given, 1);
}

function isSignal(given: unknown): given is AbortSignal {
  return typeof given === "object" && given !== null && "aborted" in given && "addEventListener" in given;
}

/** What is counted. The engine counts all policies of a pacer in exact sliding windows. */
function policies(given: Record<string, unknown>): EnginePolicy[] {
  const { limit, window, policies, concurrency, name } = given;
  if (limit === undefined && window === undefined && policies === undefined && concurrency !== undefined) return [];
  for (const [i, entry] of (Array.isArray(policies) ? policies : []).entries()) {
    if (typeof entry !== "string") checkOptions(`policies[${i}]`, entry, POLICY);
  }
  // The name of the pacer is not that of its one policy.
  const checked = policiesOf({ ...given, name: policies === undefined && isPolicyName(name) ? name : undefined });
  if (checked.length === 0) throw optionError("CONFIG_POLICIES", "policies", policies, "1 to 16 policies");
  return checked;
}

const isPolicyName = (name: unknown) => typeof name === "string" && /^[\x20-\x7e]{1,64}$/.test(name);

function whole(code: string, field: string, given: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(given) && (given as number) >= least && (given as number) <= most) return given as number;
  throw optionError(code, field, given, `a whole number from ${least} to ${most}`);
}

function checkedRetry(given: unknown = 0): Retry {
  if (typeof given === "function") return given as Retry;
  if (Number.isSafeInteger(given) && (given as number) >= 0 && (given as number) <= MAX_RETRIES) return given as number;
  throw optionError("CONFIG_RETRY", "retry", given, `a whole number from 0 to ${MAX_RETRIES}, or a function`);
}

function checkedLearn(given: unknown = true): boolean {
  if (typeof given === "boolean") return given;
  throw optionError("CONFIG_FLAG", "learn", given, "true or false");
}
