import { optionError } from "./errors.js";
import { COST, COSTS, LIMITS, LISTS, POLICIES, POLICY_LENGTH, READ_COSTS, READ_LIMITS, scratch } from "./scratch.js";
import type { Amount, CheckOptions } from "./types.js";
import { checkOptions } from "./validate.js";

const COST_BOUNDS = `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, or one for each policy by name`;
const LIMIT_BOUNDS = `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, or one for each policy by name`;
const CHECK_OPTIONS = ["cost", "limit"];

/** Writes what a call without options asks: 1 of every policy. */
export function writeUsual(): void {
  scratch[COST] = 1;
  scratch[LISTS] = 0;
}

/** Writes what a call asks into the scratch array; nothing is written when it is not allowed. */
export function writeRequest(options: CheckOptions, names: readonly string[]): void {
  checkOptions("options", options, CHECK_OPTIONS);
  const { cost, limit }: CheckOptions = options;
  if (cost !== undefined) checkAmount("CONFIG_COST", "cost", cost, 0, COST_BOUNDS, names);
  if (limit !== undefined) checkAmount("CONFIG_LIMIT", "limit", limit, 1, LIMIT_BOUNDS, names);
  writeCost(cost === undefined ? 1 : cost, names);
  if (limit !== undefined) {
    scratch[LISTS] = (scratch[LISTS] as number) | READ_LIMITS;
    writeList(LIMITS, limit, names);
  }
}

/** Writes what a call costs. */
export function writeAmount(cost: Amount, names: readonly string[]): void {
  checkAmount("CONFIG_COST", "cost", cost, 0, COST_BOUNDS, names);
  writeCost(cost, names);
}

/** Writes what a call really cost. What it does not name stays as it was `charged`. */
export function writeActual(actual: Amount, names: readonly string[], charged: (policy: number) => number): void {
  checkAmount("CONFIG_COST", "actual", actual, 0, COST_BOUNDS, names);
  writeCost(actual, names);
  if (typeof actual === "number") return;
  for (let i = 0; i < names.length; i++) {
    if (actual[names[i] as string] === undefined) scratch[COSTS + i] = charged(i);
  }
}

/** What the decision in the scratch array took of a policy. */
export function chargedBefore(policy: number): number {
  return scratch[POLICIES + policy * POLICY_LENGTH + 4] as number;
}

/** Writes limits, 0 where there is none. */
export function writeLimits(limit: Amount, names: readonly string[]): void {
  checkAmount("CONFIG_LIMIT", "limit", limit, 1, LIMIT_BOUNDS, names);
  scratch[LISTS] = READ_LIMITS;
  writeList(LIMITS, limit, names);
}

function writeCost(cost: Amount, names: readonly string[]): void {
  if (typeof cost === "number") {
    scratch[COST] = cost;
    scratch[LISTS] = 0;
  } else {
    scratch[LISTS] = READ_COSTS;
    writeList(COSTS, cost, names);
  }
}

function writeList(at: number, amount: Amount, names: readonly string[]): void {
  for (let i = 0; i < names.length; i++) {
    scratch[at + i] = typeof amount === "number" ? amount : (amount[names[i] as string] ?? 0);
  }
}

function checkAmount(
  code: string,
  field: string,
  amount: unknown,
  least: number,
  allowed: string,
  names: readonly string[],
): void {
  if (typeof amount === "object" && amount !== null) {
    checkOptions(field, amount, names);
    for (const name of Object.keys(amount)) {
      const value = (amount as Record<string, unknown>)[name];
      if (value !== undefined && !isAmount(value, least)) throw optionError(code, `${field}.${name}`, value, allowed);
    }
  } else if (!isAmount(amount, least)) {
    throw optionError(code, field, amount, allowed);
  }
}

function isAmount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
