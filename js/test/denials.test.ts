import { beforeEach, expect, it } from "vitest";
import { type EngineDenials, type EngineLimiter, engine } from "../src/engine.js";
import { writeRequest, writeUsual } from "../src/request.js";
import { ALLOWED, AT, BLOCKED, COST, NOW, POLICIES, POLICY_LENGTH, RETRY_AFTER, scratch } from "../src/scratch.js";
import type { CheckOptions } from "../src/types.js";

const SECOND = 1_000_000;
const SEED: [number, number] = [11, 12];
const NAMES = ["calls", "tokens"];

let store: EngineLimiter;
let denials: EngineDenials;

/** A store in memory with 10 calls a second and 100 tokens a minute, and a cache for it. */
beforeEach(() => {
  const policies = [
    { name: "calls", limit: 10, windowMicros: SECOND },
    { name: "tokens", limit: 100, windowMicros: 60 * SECOND },
  ];
  store = engine.createLimiter({ policies, seed: SEED }, scratch);
  denials = engine.createDenials({ limits: [10, 100], seed: SEED }, scratch);
});

function ask(now: number, options?: CheckOptions): void {
  scratch[NOW] = now;
  if (options === undefined) writeUsual();
  else writeRequest(options, NAMES);
}

/** What the scratch array says: the whole of the decision of a limiter with so many policies. */
const said = (policies = 2) => [...scratch.subarray(ALLOWED, POLICIES + policies * POLICY_LENGTH)];

/** Asks the store until it denies, and learns that. */
function exhaust(key: string, now: number, options?: CheckOptions): number[] {
  do {
    ask(now, options);
    store.consume(key);
  } while (scratch[ALLOWED] === 1);
  denials.learn(key);
  return said();
}

it("answers as the store would, and less the time that has passed", () => {
  const denied = exhaust("ann", 5);
  ask(5);
  scratch.fill(9, ALLOWED, POLICIES + 2 * POLICY_LENGTH);
  expect(denials.find("ann")).toBe(true);
  expect(said()).toEqual(denied);
  ask(400_005);
  store.peek("ann");
  const truth = said();
  expect(denials.find("ann")).toBe(true);
  expect(said()).toEqual(truth);
  expect([scratch[ALLOWED], scratch[RETRY_AFTER], scratch[AT]]).toEqual([0, 600_000, 400_005]);
});

it("asks the store again at the time told, and after the greatest age", () => {
  exhaust("ann", 0);
  for (const [now, known] of [
    [999_999, true],
    [1_000_000, false],
  ] as const) {
    ask(now);
    expect(denials.find("ann"), String(now)).toBe(known);
  }
  denials = engine.createDenials({ limits: [10, 100], maxAgeMicros: 1_000, seed: SEED }, scratch);
  exhaust("bob", 0);
  ask(999);
  expect(denials.find("bob")).toBe(true);
  ask(1_000);
  expect(denials.find("bob")).toBe(false);
});

it("writes nothing where nothing is known", () => {
  ask(0);
  scratch.fill(9, ALLOWED, POLICIES + 2 * POLICY_LENGTH);
  expect(denials.find("ann")).toBe(false);
  expect(said().every((cell) => cell === 9)).toBe(true);
});

it("knows the costs and the limits that were denied", () => {
  exhaust("ann", 0, { cost: { calls: 3, tokens: 20 } });
  const known = (options?: CheckOptions) => {
    ask(1, options);
    return denials.find("ann");
  };
  expect(known({ cost: { calls: 3, tokens: 20 } })).toBe(true);
  expect(known({ cost: 20 })).toBe(true);
  expect(known({ cost: { calls: 2, tokens: 20 } })).toBe(false);
  expect(known({ cost: { calls: 3 } })).toBe(false);
  expect(known()).toBe(false);
  expect(known({ cost: 20, limit: 50 })).toBe(false);
  expect(known({ cost: 20, limit: { calls: 10, tokens: 100 } })).toBe(true);
});

it("says never where that was said, for as long as it is remembered", () => {
  exhaust("ann", 0, { cost: { tokens: 101 } });
  ask(500_000, { cost: { tokens: 101 } });
  expect(denials.find("ann")).toBe(true);
  expect(scratch[RETRY_AFTER]).toBe(-1);
});

it("remembers a block, and forgets what it is told to", () => {
  ask(0);
  scratch[COST] = 700_000;
  store.block("ann");
  exhaust("ann", 0);
  ask(1);
  expect(denials.find("ann")).toBe(true);
  expect([scratch[BLOCKED], scratch[RETRY_AFTER]]).toEqual([1, 699_999]);
  denials.forget("ann");
  ask(1);
  expect(denials.find("ann")).toBe(false);
});

it("a denial that was on its way while the key was reset is not learnt", () => {
  exhaust("ann", 10);
  scratch[NOW] = 20;
  denials.forget("ann");
  for (const [asked, known] of [
    [10, false],
    [20, false],
    [21, true],
  ] as const) {
    ask(asked);
    store.consume("ann");
    denials.learn("ann");
    ask(30);
    expect(denials.find("ann"), String(asked)).toBe(known);
  }
});

it("an allowed decision is not learnt", () => {
  ask(0);
  store.consume("ann");
  expect(scratch[ALLOWED]).toBe(1);
  denials.learn("ann");
  expect(denials.find("ann")).toBe(false);
});

it("any two strings are two keys, of whatever length", () => {
  const keys = ["", "a", "a\0", "\ud800", "\udc00", "\ufffd", "y".repeat(254), "y".repeat(255), "z".repeat(100_000)];
  for (const key of keys) {
    ask(0);
    expect(denials.find(key)).toBe(false);
    exhaust(key, 0);
    ask(0);
    expect(denials.find(key)).toBe(true);
  }
});

it("a flood of denials is remembered as far as there is room", () => {
  denials = engine.createDenials({ limits: [10, 100], maxKeys: 4_096, seed: SEED }, scratch);
  exhaust("ann", 0);
  for (let key = 0; key < 20_000; key++) {
    denials.learn(`${key}`);
    expect(denials.find(`${key}`)).toBe(true);
  }
  let known = 0;
  for (let key = 0; key < 20_000; key++) if (denials.find(`${key}`)) known++;
  expect(known).toBe(4_096);
});

it.each([
  [{ limits: [] }, "limits: 0 is not allowed; expected a limit for each of 1 to 16 policies"],
  [{ limits: [0] }, "limits: 0 is not allowed; expected whole numbers from 1 to 9007199254740991"],
  [{ maxAgeMicros: 999 }, "maxAge: 999 µs is not allowed; expected 1 ms to 60 s"],
  [{ maxKeys: 2 ** 20 + 1 }, "maxKeys: 1048577 is not allowed; expected a whole number from 64 to 1048576"],
])("%o is told", (config, message) => {
  expect(() => engine.createDenials({ limits: [1], seed: SEED, ...config }, scratch)).toThrow(
    expect.objectContaining({ code: "CONFIG_DENIAL_CACHE", message }),
  );
});
