import { afterEach, expect, it, vi } from "vitest";
import { createLimiter } from "../src/index.js";

afterEach(() => {
  vi.useRealTimers();
});

const used = () => {
  const limiter = createLimiter({ limit: 1, window: "1m" });
  limiter.checkSync("ann");
  return limiter;
};

it("a limiter used before the timers were faked follows them", () => {
  const limiter = used();
  vi.useFakeTimers();
  expect(limiter.checkSync("ann").allowed).toBe(false);
  vi.advanceTimersByTime(60_000);
  expect(limiter.checkSync("ann").allowed).toBe(true);
});

it("putting in or taking out fake timers is no passage of time", () => {
  const limiter = used();
  vi.useFakeTimers({ now: new Date("2040-01-01") });
  expect(limiter.checkSync("ann").allowed).toBe(false);
  vi.advanceTimersByTime(59_000);
  vi.useRealTimers();
  expect(limiter.checkSync("ann").allowed).toBe(false);
  vi.useFakeTimers();
  vi.advanceTimersByTime(1_000);
  expect(limiter.checkSync("ann").allowed).toBe(false);
});

it("a fake Date alone is followed too", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const limiter = used();
  vi.setSystemTime(Date.now() + 59_999);
  expect(limiter.checkSync("ann").allowed).toBe(false);
  vi.setSystemTime(Date.now() + 1);
  expect(limiter.checkSync("ann").allowed).toBe(true);
});

it("a fake Date that is set back is no passage of time", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const limiter = used();
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(limiter.checkSync("ann").allowed).toBe(false);
  vi.setSystemTime(Date.now() + 60_000);
  expect(limiter.checkSync("ann").allowed).toBe(true);
});
