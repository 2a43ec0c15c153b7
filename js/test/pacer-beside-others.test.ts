// What happens to users of other queues, and not to ours. Where the contrast is cheap, the other one is shown as well.
import { AsyncLocalStorage } from "node:async_hooks";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import Bottleneck from "bottleneck";
import PQueue from "p-queue";
import { pRateLimit as theirPRateLimit } from "p-ratelimit";
import pThrottle from "p-throttle";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPacer } from "../src/index.js";
import { pRateLimit } from "../src/p-ratelimit.js";

const DAY = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Limit = (fn: () => unknown) => Promise<unknown>;

const ours = (limit: number, window: number): Limit => createPacer({ limit, window });
const queue = (limit: number, window: number): Limit => {
  const made = new PQueue({ intervalCap: limit, interval: window });
  return (fn) => made.add(async () => fn());
};
const throttle = (limit: number, interval: number): Limit =>
  pThrottle({ limit, interval })(async (fn: () => unknown) => fn());

/** The most of these ascending times that lie within any span, its end not included. */
function mostWithin(times: number[], span: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + span).length));
}

/** Half of the limit at once, and three times the limit late in the window. */
async function burstLate(limit: Limit): Promise<number[]> {
  const starts: number[] = [];
  const add = (count: number) => {
    for (let i = 0; i < count; i++) void limit(() => starts.push(performance.now()));
  };
  add(50);
  await vi.advanceTimersByTimeAsync(950);
  add(300);
  await vi.advanceTimersByTimeAsync(3_000);
  return starts;
}

describe("100 per second, 50 at once and then a burst late in the window", () => {
  it("are never more than 100 in any second here, and 99 % of what is allowed", async () => {
    const starts = await burstLate(ours(100, 1_000));
    expect(mostWithin(starts, 1_000)).toBe(100);
    const from = starts[50] ?? 0;
    expect(starts.filter((at) => at < from + 2_000).length - 50).toBeGreaterThanOrEqual(198);
  });

  it.each([
    ["p-queue", queue],
    ["p-throttle", throttle],
  ])("are up to 200 with %s", async (_name, make) => {
    expect(mostWithin(await burstLate(make(100, 1_000)), 1_000)).toBeGreaterThanOrEqual(150);
  });
});

describe("5 in 30 days", () => {
  const started = async (limit: Limit, ms: number) => {
    let count = 0;
    for (let i = 0; i < 20; i++) void limit(() => count++);
    await vi.advanceTimersByTimeAsync(ms);
    return count;
  };

  it("are 5 here, and 5 more when they have passed", async () => {
    expect(await started(ours(5, 30 * DAY), 30 * DAY - 1)).toBe(5);
    expect(await started(ours(5, 30 * DAY), 30 * DAY)).toBe(10);
  });

  it("hold for ten years, too", async () => {
    expect(await started(ours(5, 3_650 * DAY), 3_650 * DAY - 1)).toBe(5);
    expect(await started(ours(5, 3_650 * DAY), 3_650 * DAY)).toBe(10);
  });

  it.each([
    ["p-queue", queue],
    ["p-throttle", throttle],
  ])("are all at once with %s, whose timers overflow", async (_name, make) => {
    expect(await started(make(5, 30 * DAY), 60_000)).toBeGreaterThan(5);
  });
});

describe("2 in 200 ms, behind a job that takes 3 s", () => {
  const startsBehind = async (limit: Limit) => {
    const starts: number[] = [];
    const from = performance.now();
    void limit(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
    for (let i = 0; i < 60; i++) void limit(async () => starts.push(performance.now() - from));
    await vi.advanceTimersByTimeAsync(2_800);
    return starts;
  };

  it("start by rate alone here", async () => {
    const starts = await startsBehind(pRateLimit({ rate: 2, interval: 200 }));
    expect(starts.slice(0, 3)).toEqual([0, 200, 200]);
    expect(starts.length).toBe(29);
  });

  it("wait for that job with p-ratelimit", async () => {
    expect((await startsBehind(theirPRateLimit({ rate: 2, interval: 200 }) as unknown as Limit)).length).toBeLessThan(
      10,
    );
  });
});

describe("a maxDelay that passes at concurrency 1", () => {
  /** One call runs for a second, one times out meanwhile, one comes afterwards: whether that one is made. */
  const survives = async (limit: Limit) => {
    const settled: unknown[] = [];
    void limit(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
    limit(async () => {}).catch((error: Error) => settled.push(error.message));
    await vi.advanceTimersByTimeAsync(2_000);
    limit(async () => "made").then(
      (value) => settled.push(value),
      (error: Error) => settled.push(error.message),
    );
    await vi.advanceTimersByTimeAsync(2_000);
    return settled;
  };
  const quota = { concurrency: 1, maxDelay: 300 };
  const timeout = "queue maxDelay timeout exceeded";

  it("takes no slot here", async () => {
    expect(await survives(pRateLimit(quota) as Limit)).toEqual([timeout, "made"]);
  });

  it("ends p-ratelimit for good", async () => {
    expect(await survives(theirPRateLimit(quota) as unknown as Limit)).not.toContain("made");
  });
});

describe("the caller's AsyncLocalStorage in 30 jobs that wait", () => {
  beforeEach(() => {
    vi.useRealTimers();
  });

  const kept = async (limit: Limit) => {
    const storage = new AsyncLocalStorage<number>();
    const seen = Array.from({ length: 30 }, (_, i) => storage.run(i, () => limit(async () => storage.getStore())));
    return (await Promise.all(seen)).filter((value, i) => value === i).length;
  };

  it("is kept here", async () => {
    expect(await kept(createPacer({ limit: 10, window: 20 }))).toBe(30);
    expect(await kept(createPacer({ concurrency: 2 }))).toBe(30);
    expect(await kept(pRateLimit({ concurrency: 2 }) as Limit)).toBe(30);
  });

  it("is lost in most with p-ratelimit and bottleneck", async () => {
    expect(await kept(theirPRateLimit({ concurrency: 2 }) as unknown as Limit)).toBeLessThan(30);
    const bottleneck = new Bottleneck({ maxConcurrent: 2 });
    expect(await kept((fn) => bottleneck.schedule(async () => fn()))).toBeLessThan(30);
  });
});

describe("a process", () => {
  it("ends by itself when its calls have, though nobody closed anything", () => {
    const program = `
      const { createPacer } = require("tollgate");
      const { pRateLimit } = require("tollgate/p-ratelimit");
      const pace = createPacer({ limit: 1, window: "20ms", maxDelay: "1h" });
      const limit = pRateLimit({ rate: 1, interval: 20, maxDelay: 3_600_000 });
      for (let i = 0; i < 3; i++) { pace(() => {}); limit(async () => {}); }
      pace(() => {}).then(() => console.log("done"));`;
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const options = { cwd, encoding: "utf8", timeout: 20_000 } as const;
    expect(execFileSync(process.execPath, ["-e", program], options).trim()).toBe("done");
  });
});
