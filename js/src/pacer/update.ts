import { optionError } from "../errors.js";
import { writeLimits } from "../request.js";
import { LIMITS, scratch } from "../scratch.js";
import { checkOptions } from "../validate.js";
import { checkedConcurrency, type PacerSettings } from "./options.js";

/** Checks what is to change, and changes the settings: all of it, or nothing. */
export function changeSettings(settings: PacerSettings, given: unknown, names: readonly string[]): void {
  checkOptions("update", given, ["limit", "concurrency"]);
  const { limit, concurrency } = given;
  const engine = { ...settings.engine };
  if (concurrency !== undefined) engine.concurrency = checkedConcurrency(concurrency);
  if (limit !== undefined) {
    if (names.length === 0) throw optionError("CONFIG_LIMIT", "limit", limit, "none, as the pacer was made without");
    writeLimits(limit as number, names);
    engine.policies = engine.policies.map((policy, i) => ({ ...policy, limit: scratch[LIMITS + i] || policy.limit }));
  }
  settings.engine = engine;
}
