import { type EngineConfig, type EnginePolicy, engine } from "./engine.js";
import { fromEngine, optionError, TollgateError } from "./errors.js";
import { STORE_OPTIONS } from "./store/options.js";
import type { Duration } from "./types.js";

export { optionError } from "./errors.js";

const DURATION = 'a whole number of milliseconds, or a number with a unit (ms, s, m, h, d) such as "30s"';
const WHOLE = `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`;
const ALGORITHMS = ["fixed-window", "sliding-window", "token-bucket"];
const POLICY_OPTIONS = ["name", "limit", "window", "algorithm", "burst", "blockFor"] as const;
const LIMITER_OPTIONS = [...POLICY_OPTIONS, "policies", "maxKeys", ...STORE_OPTIONS] as const;

/** The policies of a limiter, ready for the engine, and how many keys it may hold in memory. */
export type RulesConfig = Omit<EngineConfig, "seed">;

/** Accepts an object whose properties are all among `allowed`. */
export function checkOptions(
  where: string,
  given: unknown,
  allowed: readonly string[],
): asserts given is Record<string, unknown> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw optionError("CONFIG_OPTIONS", where, given, `an object with ${allowed.join(", ")}`);
  }
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) {
      throw new TollgateError(
        "CONFIG_UNKNOWN_OPTION",
        `${where}: ${name} is not an option; expected one of ${allowed.join(", ")}`,
        `Remove ${name}, or look for a misspelling${nearest(name, allowed)}.`,
      );
    }
  }
}

/** The options of a limiter but for those of its store, checked. */
export function limiterConfig(given: unknown): RulesConfig {
  checkOptions("createLimiter", given, LIMITER_OPTIONS);
  const policies = policiesOf(given);
  return given.maxKeys === undefined ? { policies } : { policies, maxKeys: maxKeys(given.maxKeys) };
}

/** The policies of options that have been checked for unknown names: one policy, or a list. */
export function policiesOf(given: Record<string, unknown>): EnginePolicy[] {
  return given.policies === undefined ? [singlePolicy(given)] : policyList(given);
}

/** Microseconds of a duration. */
export function micros(code: string, field: string, given: unknown): number {
  if (typeof given === "number") {
    if (!Number.isSafeInteger(given) || given < 0) throw optionError(code, field, given, DURATION);
    return Math.min(given * 1000, Number.MAX_SAFE_INTEGER);
  }
  if (typeof given !== "string") throw optionError(code, field, given, DURATION);
  try {
    return engine.parseDuration(given);
  } catch {
    throw optionError(code, field, given, DURATION);
  }
}

/** Milliseconds of a duration. */
export function millis(code: string, field: string, given: Duration): number {
  return micros(code, field, given) / 1000;
}

function singlePolicy(given: Record<string, unknown>): EnginePolicy {
  return policy("", given);
}

function policyList(given: Record<string, unknown>): EnginePolicy[] {
  const extra = ["limit", "window", "algorithm", "burst", "blockFor"].filter((name) => given[name] !== undefined);
  if (extra.length > 0) {
    throw new TollgateError(
      "CONFIG_POLICIES",
      `policies: is not allowed together with ${extra.join(", ")}; expected one or the other`,
      `Move ${extra.join(", ")} into an entry of policies.`,
    );
  }
  if (!Array.isArray(given.policies)) {
    throw optionError("CONFIG_POLICIES", "policies", given.policies, 'a list such as ["5 per 1s", "1000 per 1d"]');
  }
  const lone = given.policies.length === 1;
  return given.policies.map((entry: unknown, i) => {
    const where = lone ? "" : `policies[${i}].`;
    if (typeof entry === "string") return rate(`policies[${i}]`, entry);
    checkOptions(`policies[${i}]`, entry, POLICY_OPTIONS);
    return policy(where, entry);
  });
}

function rate(field: string, text: string): EnginePolicy {
  try {
    return engine.parseRate(text);
  } catch {
    throw optionError(
      "CONFIG_RATE",
      field,
      text,
      'a limit and a window such as "100 per minute", "100/1m" or "5 per 10s"',
    );
  }
}

function policy(where: string, given: Record<string, unknown>): EnginePolicy {
  const checked: EnginePolicy = {
    limit: whole("CONFIG_LIMIT", `${where}limit`, given.limit),
    windowMicros: micros("CONFIG_WINDOW", `${where}window`, given.window),
  };
  if (given.name !== undefined) checked.name = text(`${where}name`, given.name);
  if (given.algorithm !== undefined) checked.algorithm = algorithm(`${where}algorithm`, given.algorithm);
  if (given.burst !== undefined) checked.burst = whole("CONFIG_BURST", `${where}burst`, given.burst);
  if (given.blockFor !== undefined) {
    checked.blockForMicros = micros("CONFIG_BLOCK_FOR", `${where}blockFor`, given.blockFor);
  }
  return checked;
}

function whole(code: string, field: string, given: unknown): number {
  if (!Number.isSafeInteger(given) || (given as number) < 1) throw optionError(code, field, given, WHOLE);
  return given as number;
}

function maxKeys(given: unknown): number {
  if (!Number.isSafeInteger(given) || (given as number) < 0) {
    throw optionError("CONFIG_MAX_KEYS", "maxKeys", given, "a whole number from 16 to 268435456");
  }
  return given as number;
}

function text(field: string, given: unknown): string {
  if (typeof given !== "string") {
    throw optionError("CONFIG_NAME", field, given, "1 to 64 printable ASCII characters");
  }
  return given;
}

function algorithm(field: string, given: unknown): string {
  if (!ALGORITHMS.includes(given as string)) {
    throw optionError("CONFIG_ALGORITHM", field, given, ALGORITHMS.map((name) => `"${name}"`).join(", "));
  }
  return given as string;
}

/** Whether an error of the engine is about the configuration; it is rethrown as ours. */
export function engineErrors<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw fromEngine(error);
  }
}

function nearest(name: string, allowed: readonly string[]): string {
  const close = allowed.find((option) => option.toLowerCase().startsWith(name.toLowerCase().slice(0, 3)));
  return close === undefined ? "" : ` of ${close}`;
}
