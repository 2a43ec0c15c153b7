import { expect, it } from "vitest";
import { ASK_NO, ASK_PROBE, ASK_YES, engine } from "../src/engine.js";

const usual = () => engine.createBreaker({ seed: 7 });

it("three failures in a row open it, one probe goes at a time, and a success closes it", () => {
  const breaker = usual();
  for (let call = 0; call < 3; call++) {
    expect(breaker.mayAsk(call)).toBe(ASK_YES);
    expect(breaker.isOpen()).toBe(false);
    breaker.failed(ASK_YES, call);
  }
  expect([breaker.mayAsk(3), breaker.isOpen(), breaker.openings()]).toEqual([ASK_NO, true, 1]);
  const due = breaker.nextProbe();
  expect(due).toBeGreaterThanOrEqual(2 + 50_000);
  expect(due).toBeLessThanOrEqual(2 + 100_000);
  expect(breaker.mayAsk(due - 1)).toBe(ASK_NO);
  expect(breaker.mayAsk(due)).toBe(ASK_PROBE);
  expect([breaker.mayAsk(due), breaker.nextProbe()]).toEqual([ASK_NO, -1]);
  breaker.succeeded(ASK_PROBE, due);
  expect([breaker.mayAsk(due), breaker.isOpen(), breaker.nextProbe()]).toEqual([ASK_YES, false, -1]);
});

it("the end of a call from before the opening is not taken for the probe's", () => {
  const breaker = usual();
  for (let call = 0; call < 3; call++) breaker.failed(ASK_YES, 0);
  const due = breaker.nextProbe();
  expect(breaker.mayAsk(due)).toBe(ASK_PROBE);
  breaker.failed(ASK_YES, due);
  expect(breaker.mayAsk(due + 10_000_000)).toBe(ASK_NO);
  breaker.failed(ASK_PROBE, due + 10_000_000);
  expect(breaker.nextProbe()).toBeGreaterThanOrEqual(due + 10_000_000 + 100_000);
});

it("an answer that comes too late brings the next probe forward, and nothing else", () => {
  const breaker = engine.createBreaker({
    seed: 1,
    failures: 1,
    firstDelayMicros: 1_000,
    maxDelayMicros: 600_000_000,
  });
  breaker.failed(ASK_YES, 0);
  let now = 0;
  for (let probe = 0; probe < 10; probe++) {
    now = breaker.nextProbe();
    expect(breaker.mayAsk(now)).toBe(ASK_PROBE);
    breaker.failed(ASK_PROBE, now);
  }
  expect(breaker.nextProbe()).toBeGreaterThanOrEqual(now + 512_000);
  breaker.answeredLate(now);
  expect(breaker.nextProbe()).toBe(now + 1_000);
  expect([breaker.mayAsk(now), breaker.isOpen()]).toEqual([ASK_NO, true]);
});

it("another seed is another delay", () => {
  const due = (seed: number) => {
    const breaker = engine.createBreaker({ seed, failures: 1 });
    breaker.failed(ASK_YES, 0);
    return breaker.nextProbe();
  };
  expect(due(2 ** 53 - 1)).not.toBe(due(2 ** 53 - 2));
  expect(due(5)).toBe(due(5));
});

it.each([
  [{ failures: 0 }, "failures: 0 is not allowed; expected a whole number from 1 to 1000"],
  [{ firstDelayMicros: 999 }, "firstDelay: 999 µs is not allowed; expected 1 ms to 10 minutes"],
  [{ maxDelayMicros: 1_000 }, "maxDelay: 1 ms is not allowed; expected firstDelay to 10 minutes"],
])("%o is told", (config, message) => {
  expect(() => engine.createBreaker({ seed: 0, ...config })).toThrow(
    expect.objectContaining({ code: "CONFIG_BREAKER", message }),
  );
});
