import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPacer } from "../src/index.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const usual = { limit: 2, window: "1s" } as const;

/** A call that ends after a second. */
const second = () => new Promise((resolve) => setTimeout(resolve, 1_000));

describe("limits that change while calls wait", () => {
  it("let more start at once when they grow", async () => {
    const pace = createPacer(usual);
    const starts: number[] = [];
    for (let i = 0; i < 6; i++) void pace(() => starts.push(i));
    expect(starts).toEqual([0, 1]);
    pace.update({ limit: 5 });
    await vi.advanceTimersByTimeAsync(0);
    expect(starts).toEqual([0, 1, 2, 3, 4]);
    expect(pace.stats()).toMatchObject({ quota: 5, share: 5, waiting: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts.length).toBe(6);
  });

  it("let nothing start until what has started is below a smaller one", async () => {
    const pace = createPacer({ limit: 4, window: "1s" });
    const starts: number[] = [];
    const from = performance.now();
    const note = () => void starts.push(performance.now() - from);
    for (let i = 0; i < 4; i++) void pace(note);
    await vi.advanceTimersByTimeAsync(500);
    pace.update({ limit: 1 });
    for (let i = 0; i < 2; i++) void pace(note);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(starts).toEqual([0, 0, 0, 0, 1_000, 2_000]);
  });

  it("reject what costs more than a new limit, with both numbers, and nothing else", async () => {
    const pace = createPacer({ policies: ["10 per 1s", { name: "tokens", limit: 100, window: "1s" }] });
    void pace(() => {}, { cost: { tokens: 90 } });
    const large = pace(() => "large", { cost: { tokens: 50 } });
    const failed = expect(large).rejects.toThrow(/50.*"tokens".*40/);
    const small = pace(() => "small", { cost: { tokens: 40 } });
    const plain = pace(() => "plain");
    pace.update({ limit: { tokens: 40 } });
    await failed;
    await vi.advanceTimersByTimeAsync(2_000);
    expect([await small, await plain]).toEqual(["small", "plain"]);
    await expect(pace(() => {}, { cost: 41 })).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  it("hold for the pacers of all keys, those to come as well", async () => {
    const pace = createPacer(usual);
    const before = pace.for("before");
    void before(() => {});
    before.update({ limit: 9 });
    expect([pace, before, pace.for("after")].map((each) => each.stats().quota)).toEqual([9, 9, 9]);
  });
});

describe("a concurrency that changes", () => {
  it("lets more run at once, or waits until fewer do", async () => {
    const pace = createPacer({ concurrency: 1 });
    for (let i = 0; i < 10; i++) void pace(second);
    const running = () => pace.stats().running;
    pace.update({ concurrency: 4 });
    expect(running()).toBe(4);
    pace.update({ concurrency: 2 });
    expect(running()).toBe(4);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(running()).toBe(2);
    pace.update({ concurrency: Number.POSITIVE_INFINITY });
    expect(running()).toBe(6);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(pace.stats()).toMatchObject({ waiting: 0, running: 0 });
  });
});

describe("changes that cannot be made are refused by name, and change nothing", () => {
  const cases: [changes: unknown, code: string][] = [
    [undefined, "CONFIG_OPTIONS"],
    [{ window: "2s" }, "CONFIG_UNKNOWN_OPTION"],
    [{ limit: 0 }, "CONFIG_LIMIT"],
    [{ limit: 1.5 }, "CONFIG_LIMIT"],
    [{ limit: { other: 3 } }, "CONFIG_UNKNOWN_OPTION"],
    [{ limit: 3, concurrency: 0 }, "CONFIG_CONCURRENCY"],
    [{ concurrency: 3, limit: Number.NaN }, "CONFIG_LIMIT"],
  ];
  for (const [changes, code] of cases) {
    it(`${JSON.stringify(changes)} is ${code}`, () => {
      const pace = createPacer({ ...usual, concurrency: 1 });
      for (let i = 0; i < 3; i++) void pace(second);
      expect(() => pace.update(changes as never)).toThrow(expect.objectContaining({ code }));
      expect(pace.stats()).toMatchObject({ quota: 2, running: 1, waiting: 2 });
    });
  }

  it("a limit for a pacer that has none is CONFIG_LIMIT", () => {
    expect(() => createPacer({ concurrency: 1 }).update({ limit: 3 })).toThrow(/limit: 3/);
  });
});
