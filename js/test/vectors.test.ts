import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type EngineLimiter, type EnginePolicy, engine } from "../src/engine.js";
import * as cell from "../src/scratch.js";

interface PolicyAnswer {
  limit: number;
  remaining: number;
  resetAfterMicros: number;
  retryAfterMicros: number;
  charged: number;
}

interface Answer {
  allowed: boolean;
  binding: number;
  retryAfterMicros: number;
  blocked: boolean;
  policies: PolicyAnswer[];
}

interface Step {
  op: "consume" | "peek" | "refund" | "settle" | "reset" | "block";
  key: string;
  now: number;
  cost?: number[];
  limits?: number[];
  decision?: number;
  spanMicros?: number;
  expect?: Answer;
}

interface Case {
  name: string;
  policies: EnginePolicy[];
  steps: Step[];
}

const { scratch } = cell;
const folder = new URL("../../tests/vectors/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

/** The cells of a decision that a later refund or settlement has to put back. */
const DECISION = [cell.AT, cell.COSTS] as const;

function play(limiter: EngineLimiter, step: Step, decisions: Float64Array[]): Answer | undefined {
  const earlier = step.decision === undefined ? undefined : decisions[step.decision];
  if (earlier !== undefined) scratch.set(earlier, DECISION[0]);
  scratch[cell.NOW] = step.now;
  scratch[cell.COST] = step.spanMicros ?? 0;
  scratch[cell.LISTS] = cell.READ_COSTS | (step.limits === undefined ? 0 : cell.READ_LIMITS);
  // A refund is a settlement at no cost.
  scratch.set(step.cost ?? new Array(limiter.names.length).fill(0), cell.COSTS);
  scratch.set(step.limits ?? [], cell.LIMITS);
  limiter[step.op === "refund" ? "settle" : step.op](step.key);
  decisions.push(scratch.slice(...DECISION));
  return step.expect === undefined ? undefined : answer(limiter.names.length);
}

function answer(policies: number): Answer {
  const number = (at: number) => scratch[at] as number;
  return {
    allowed: number(cell.ALLOWED) === 1,
    binding: number(cell.BINDING),
    retryAfterMicros: number(cell.RETRY_AFTER),
    blocked: number(cell.BLOCKED) === 1,
    policies: Array.from({ length: policies }, (_, i) => {
      const at = cell.POLICIES + i * cell.POLICY_LENGTH;
      return {
        limit: number(at),
        remaining: number(at + 1),
        resetAfterMicros: number(at + 2),
        retryAfterMicros: number(at + 3),
        charged: number(at + 4),
      };
    }),
  };
}

describe.each(files)("the native engine answers what %s says", (file) => {
  const { cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { cases: Case[] };
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_name, { policies, steps }) => {
    const limiter = engine.createLimiter({ policies, maxKeys: 1_000, seed: [1, 2] }, scratch);
    const decisions: Float64Array[] = [];
    for (const [i, step] of steps.entries()) {
      const got = play(limiter, step, decisions);
      expect({ step: i, ...got }).toEqual({ step: i, ...step.expect });
    }
    expect(steps.length).toBeGreaterThan(10);
  });
});
