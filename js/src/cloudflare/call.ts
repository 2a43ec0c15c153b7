import type { EnginePolicy } from "../engine.js";
import { TollgateError } from "../errors.js";
import {
  ALLOWED,
  COST,
  COSTS,
  LIMITS,
  LISTS,
  POLICIES,
  POLICY_LENGTH,
  READ_COSTS,
  READ_LIMITS,
  scratch,
} from "../scratch.js";

/** The number of this way to talk; a Worker and an object that differ in it do not understand each other. */
const PROTOCOL = 1;

const OPERATIONS = ["consume", "peek", "settle", "reset", "block"] as const;
/** What a Worker may ask of an object: the calls of an engine's limiter. */
export type Operation = (typeof OPERATIONS)[number];

/** What a Worker asks of an object, as JSON. */
export interface Call {
  protocol: number;
  operation: Operation;
  /** The policies, as {@link rulesText} writes them. */
  rules: string;
  /** Cost, which lists there are, and the lists: by policy the costs, the limits. */
  asked: number[];
  /** For `settle`: the cells of the decision. */
  decision?: number[];
}

/** The policies as one text, names included; equal for equal policies. */
export function rulesText(policies: readonly EnginePolicy[], names: readonly string[]): string {
  return JSON.stringify(
    policies.map(({ limit, windowMicros, algorithm = "fixed-window", burst, blockForMicros }, i) => {
      return { name: names[i], limit, windowMicros, algorithm, burst, blockForMicros };
    }),
  );
}

/** Reads from the scratch array what is asked. */
export function writeCall(operation: Operation, rules: string, policies: number): string {
  const lists = scratch[LISTS] as number;
  const asked = [scratch[COST] as number, lists];
  if ((lists & READ_COSTS) !== 0) asked.push(...scratch.subarray(COSTS, COSTS + policies));
  if ((lists & READ_LIMITS) !== 0) asked.push(...scratch.subarray(LIMITS, LIMITS + policies));
  const call: Call = { protocol: PROTOCOL, operation, rules, asked };
  if (operation === "settle") call.decision = decisionCells(policies);
  return JSON.stringify(call);
}

/** @throws TollgateError `STORE_PROTOCOL` where this is no call that is understood here. */
export function readCall(text: string): Call {
  let call: Partial<Call> | null;
  try {
    call = JSON.parse(text);
  } catch {
    throw otherProtocol("a request that is no call of tollgate");
  }
  if (call?.protocol !== PROTOCOL) throw otherProtocol(`a call by protocol ${call?.protocol}`);
  const { operation, rules, asked, decision = [] } = call;
  const isWhole =
    OPERATIONS.some((known) => known === operation) &&
    typeof rules === "string" &&
    areNumbers(asked) &&
    areNumbers(decision);
  if (!isWhole) throw otherProtocol("a call that is not complete");
  return call as Call;
}

/** Writes into the scratch array what a call asks. */
export function placeCall({ asked, decision }: Call, policies: number): void {
  const [cost = 0, lists = 0] = asked;
  scratch[COST] = cost;
  scratch[LISTS] = lists;
  let at = 2;
  for (const [bit, cells] of [
    [READ_COSTS, COSTS],
    [READ_LIMITS, LIMITS],
  ] as const) {
    if ((lists & bit) === 0) continue;
    for (let i = 0; i < policies; i++) scratch[cells + i] = asked[at++] ?? 0;
  }
  if (decision !== undefined) scratch.set(decision.slice(0, cellCount(policies)), ALLOWED);
}

/** The cells of the decision in the scratch array. */
export function decisionCells(policies: number): number[] {
  return [...scratch.subarray(ALLOWED, ALLOWED + cellCount(policies))];
}

/** Whether these may be the cells of a decision. */
export function areDecisionCells(answer: unknown, policies: number): answer is number[] {
  return areNumbers(answer) && answer.length === cellCount(policies);
}

function cellCount(policies: number): number {
  return POLICIES - ALLOWED + policies * POLICY_LENGTH;
}

function areNumbers(list: unknown): list is number[] {
  return Array.isArray(list) && list.every((cell) => typeof cell === "number");
}

function otherProtocol(found: string): TollgateError {
  return new TollgateError(
    "STORE_PROTOCOL",
    `the Durable Object was sent ${found}; expected protocol ${PROTOCOL}`,
    "Deploy the Worker and the one that exports TollgateObject with versions of tollgate that speak the same protocol.",
  );
}
