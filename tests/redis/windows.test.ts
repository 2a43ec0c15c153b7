// Windows of any length over a real server: what is written ends by itself, and by Redis's clock.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createLimiter, type Duration, type Limiter } from "../../js/src/index.js";
import { type Server, startServer } from "./server.js";

const ALGORITHMS = ["fixed-window", "sliding-window", "token-bucket"] as const;
const TEN_YEARS_MS = 3_650 * 86_400_000;

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

let made = 0;
const limiters: Limiter<string>[] = [];
beforeEach(() => server.command("FLUSHALL"));
afterEach(async () => {
  await Promise.all(limiters.splice(0).map((limiter) => limiter.close()));
});

function limiterOf(window: Duration, algorithm: (typeof ALGORITHMS)[number]): Limiter<string> {
  const name = `windows ${++made}`;
  const options = { name, limit: 3, window, algorithm, redis: server.url, storeTimeout: "5s" } as const;
  const limiter: Limiter<string> = createLimiter({ ...options, denialCache: false });
  limiters.push(limiter);
  return limiter;
}

async function admitted(limiter: Limiter<string>, calls: number): Promise<number> {
  const decisions = await Promise.all(Array.from({ length: calls }, () => limiter.check("ann")));
  expect(decisions.map(({ source }) => source)).toEqual(decisions.map(() => "store"));
  return decisions.filter(({ allowed }) => allowed).length;
}

/** For each key, how many milliseconds it still lives. */
async function lives(): Promise<number[]> {
  const keys = (await server.command("KEYS", "*")) as string[];
  return Promise.all(keys.map(async (key) => (await server.command("PTTL", key)) as number));
}

describe.each(ALGORITHMS)("%s", (algorithm) => {
  it("of half a second refuses, and lets go again when it says so", async () => {
    const limiter = limiterOf("500ms", algorithm);
    expect(await admitted(limiter, 9)).toBe(3);
    const [life] = await lives();
    expect(life).toBeGreaterThan(0);
    expect(life).toBeLessThanOrEqual(1_000);
    const { retryAfterMs } = await limiter.peek("ann");
    await pause(Math.ceil(retryAfterMs) + 1);
    expect((await limiter.check("ann")).allowed).toBe(true);
  });

  it("of ten years refuses, and its key lives as long", async () => {
    const limiter = limiterOf("3650d", algorithm);
    expect(await admitted(limiter, 9)).toBe(3);
    const [life] = await lives();
    expect(life).toBeGreaterThan(TEN_YEARS_MS / 2);
    expect((await limiter.check("ann")).retryAfterMs).toBeGreaterThan(TEN_YEARS_MS / 4);
  });

  it("gives nothing back once it has ended, and leaves no key without an end", async () => {
    const limiter = limiterOf("20ms", algorithm);
    const decision = await limiter.check("ann", { cost: 3 });
    await pause(50);
    await limiter.refund("ann", decision);
    expect((await lives()).filter((life) => life < 0)).toEqual([]);
    expect(await limiter.peek("ann")).toMatchObject({ remaining: 3, source: "store" });
  });

  it("is counted anew where its keys have vanished", async () => {
    const limiter = limiterOf("1h", algorithm);
    expect(await admitted(limiter, 9)).toBe(3);
    await server.command("FLUSHALL");
    expect(await admitted(limiter, 9)).toBe(3);
    expect((await lives()).filter((life) => life < 0)).toEqual([]);
  });

  it("is Redis's, whatever the process takes for the time", async () => {
    const [limiter, late] = [limiterOf("1h", algorithm), limiterOf("1h", algorithm)];
    expect(await admitted(limiter, 9)).toBe(3);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 3_600_000 });
    try {
      expect(await admitted(limiter, 9)).toBe(0);
      expect(await admitted(late, 9)).toBe(3);
    } finally {
      vi.useRealTimers();
    }
    expect(await admitted(late, 9)).toBe(0);
  });
});
