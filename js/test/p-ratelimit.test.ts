import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pRateLimit, type Quota, QuotaManager, RateLimitTimeoutError } from "../src/p-ratelimit.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function noted(limit: ReturnType<typeof pRateLimit>, count: number, weight?: number): number[] {
  const from = performance.now();
  const starts: number[] = [];
  for (let i = 0; i < count; i++) void limit(async () => starts.push(performance.now() - from), weight).catch(() => {});
  return starts;
}

describe("pRateLimit", () => {
  it("counts calls in a sliding interval", async () => {
    const starts = noted(pRateLimit({ interval: 500, rate: 3 }), 5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toEqual([0, 0, 0, 500, 500]);
  });

  it("a long call stalls no queue", async () => {
    const limit = pRateLimit({ interval: 200, rate: 2 });
    void limit(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
    const starts = noted(limit, 3);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(starts).toEqual([0, 200, 200]);
  });

  it("a call that waits longer than maxDelay rejects, and the limiter lives on", async () => {
    const limit = pRateLimit({ interval: 1_000, rate: 1, concurrency: 1, maxDelay: 300 });
    void limit(async () => {});
    const late = expect(limit(async () => {})).rejects.toThrow(RateLimitTimeoutError);
    await vi.advanceTimersByTimeAsync(1_000);
    await late;
    expect(await limit(async () => 7)).toBe(7);
  });

  it("a maxDelay of 0 is none", async () => {
    const starts = noted(pRateLimit({ interval: 1_000, rate: 1, maxDelay: 0 }), 2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toEqual([0, 1_000]);
  });

  it("a weight takes as much of the rate; one above it rejects at once", async () => {
    const limit = pRateLimit({ interval: 1_000, rate: 10 });
    const starts = noted(limit, 3, 5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toEqual([0, 0, 1_000]);
    await expect(limit(async () => {}, 11)).rejects.toMatchObject({ code: "TOO_LARGE" });
    for (const weight of [-1, Number.NaN, 0.5]) {
      await expect(limit(async () => {}, weight)).rejects.toMatchObject({ code: "CONFIG_COST" });
    }
  });

  it("accepts functions that throw, and that return no promise", async () => {
    const limit = pRateLimit({ concurrency: 1 });
    await expect(
      limit(() => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(await limit(() => 7)).toBe(7);
    await expect(limit(7 as never)).rejects.toMatchObject({ code: "CONFIG_FUNCTION" });
  });

  it("does not take a refusal of the other side for its business", async () => {
    const limit = pRateLimit({ interval: 1_000, rate: 10 });
    const refusal = Object.assign(new Error("429"), { status: 429, headers: { "retry-after": "60" } });
    await expect(limit(() => Promise.reject(refusal))).rejects.toBe(refusal);
    expect(await limit(async () => 1)).toBe(1);
  });

  it("no quota warns, and limits nothing", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const limit = (pRateLimit as (quota?: Quota) => ReturnType<typeof pRateLimit>)();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain("created with no quota");
    expect(noted(limit, 1_000).length).toBe(1_000);
    expect(noted(pRateLimit({}), 1_000).length).toBe(1_000);
    warn.mockRestore();
  });
});

describe("QuotaManager", () => {
  it("counts calls that are started by hand", async () => {
    const manager = new QuotaManager({ rate: 3, interval: 500, concurrency: 2 });
    expect([manager.start(), manager.start(), manager.start()]).toEqual([true, true, false]);
    manager.end();
    expect([manager.start(), manager.activeCount, manager.start()]).toEqual([true, 2, false]);
    manager.end();
    manager.end();
    manager.end();
    expect(manager.activeCount).toBe(0);
    expect(manager.start()).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect([manager.start(3), manager.start()]).toEqual([true, false]);
    expect(() => manager.start(4)).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
  });

  it("a start by hand does not overtake calls that wait", async () => {
    const manager = new QuotaManager({ rate: 1, interval: 500 });
    const limit = pRateLimit(manager);
    const starts = noted(limit, 3);
    await vi.advanceTimersByTimeAsync(500);
    expect(manager.start()).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(starts).toEqual([0, 500, 1_000]);
  });

  it("says what it knows", async () => {
    const quota = { rate: 3, interval: 500, maxDelay: 20 };
    const manager = new QuotaManager(quota);
    expect(manager.quota).toEqual(quota);
    expect(manager.quota).not.toBe(quota);
    expect([manager.ready, manager.maxDelay, manager.effectiveRate, manager.activeCount]).toEqual([true, 20, 3, 0]);
    const unlimited = new QuotaManager({ concurrency: Number.POSITIVE_INFINITY });
    expect([unlimited.maxDelay, unlimited.effectiveRate]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it("close ends what waits", async () => {
    const manager = new QuotaManager({ rate: 1, interval: 500 });
    const limit = pRateLimit(manager);
    void limit(async () => {});
    const waiting = expect(limit(async () => {})).rejects.toMatchObject({ code: "CLOSED" });
    await manager.close();
    await waiting;
    await expect(limit(async () => {})).rejects.toMatchObject({ code: "CLOSED" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("refuses quotas that cannot be used", () => {
    const bad: [Quota, RegExp][] = [
      [{ interval: 100 }, /Invalid Quota/],
      [{ rate: 42 }, /Invalid Quota/],
      [{ rate: -1, interval: 100 }, /rate: -1/],
      [{ rate: Number.NaN, interval: 100 }, /rate: NaN/],
      [{ rate: 1, interval: 0.5 }, /interval: 0\.5/],
      [{ rate: 1, interval: 1e13 }, /interval/],
      [{ concurrency: 0 }, /concurrency: 0/],
      [{ maxDelay: -5 }, /maxDelay: -5/],
    ];
    for (const [quota, message] of bad) expect(() => new QuotaManager(quota)).toThrow(message);
  });
});
