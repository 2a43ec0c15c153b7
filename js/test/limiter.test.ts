import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createLimiter,
  type Decision,
  type MemoryLimiter,
  TollgateError,
  toHeaders,
  toResponse,
} from "../src/index.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A decision as it is sent. */
const plain = (decision: Decision): unknown => JSON.parse(JSON.stringify(decision));

const allowedOf = (limiter: MemoryLimiter, key: string, calls: number) =>
  Array.from({ length: calls }, () => limiter.checkSync(key).allowed).filter(Boolean).length;

describe("a decision", () => {
  it("says what is left and when it resets, in milliseconds", () => {
    const limiter = createLimiter({ limit: 3, window: "1m" });
    const decision = limiter.checkSync("ann");
    expect(plain(decision)).toEqual({
      allowed: true,
      policy: "default",
      limit: 3,
      remaining: 2,
      retryAfterMs: 0,
      resetAfterMs: 60_000,
      policies: [{ name: "default", limit: 3, remaining: 2, resetAfterMs: 60_000 }],
      source: "memory",
    });
  });

  it("refuses at the limit, and allows again exactly at retryAfterMs", () => {
    const limiter = createLimiter({ limit: 2, window: "1m" });
    expect(allowedOf(limiter, "ann", 5)).toBe(2);
    vi.advanceTimersByTime(10_000);
    const { allowed, retryAfterMs } = limiter.checkSync("ann");
    expect({ allowed, retryAfterMs }).toEqual({ allowed: false, retryAfterMs: 50_000 });
    vi.advanceTimersByTime(49_999);
    expect(limiter.checkSync("ann").allowed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limiter.checkSync("ann").allowed).toBe(true);
  });

  it("says Infinity when a cost can never fit, and takes nothing", () => {
    const limiter = createLimiter({ limit: 5, window: "1s" });
    expect(limiter.checkSync("ann", { cost: 6 }).retryAfterMs).toBe(Number.POSITIVE_INFINITY);
    expect(limiter.checkSync("ann", { cost: 5 }).allowed).toBe(true);
  });

  it("is a promise from check, with the same content", async () => {
    const limiter = createLimiter({ limit: 1, window: "1s" });
    expect((await limiter.check("ann")).allowed).toBe(true);
    expect((await limiter.peek("ann")).remaining).toBe(0);
  });
});

describe("algorithms", () => {
  it("token bucket: seven per second is exactly seven after one second, for an hour", () => {
    const limiter = createLimiter({ limit: 7, window: "1s", algorithm: "token-bucket" });
    expect(allowedOf(limiter, "ann", 100)).toBe(7);
    for (let second = 0; second < 3_600; second++) {
      vi.advanceTimersByTime(1_000);
      expect(allowedOf(limiter, "ann", 8)).toBe(7);
    }
  });

  it("token bucket: a burst is spent first", () => {
    const limiter = createLimiter({ limit: 1, window: "1s", burst: 4, algorithm: "token-bucket" });
    expect(allowedOf(limiter, "ann", 10)).toBe(4);
    vi.advanceTimersByTime(2_500);
    expect(allowedOf(limiter, "ann", 10)).toBe(2);
  });

  it("sliding window: an edge does not double the limit", () => {
    const limiter = createLimiter({ limit: 10, window: "10s", algorithm: "sliding-window" });
    vi.advanceTimersByTime(9_900);
    expect(allowedOf(limiter, "ann", 20)).toBe(10);
    vi.advanceTimersByTime(5_000);
    expect(allowedOf(limiter, "ann", 20)).toBe(0);
  });

  it("a window of thirty days, and one of ten years, hold", () => {
    for (const window of ["30d", "3652.5d"] as const) {
      const limiter = createLimiter({ limit: 2, window });
      expect(allowedOf(limiter, "ann", 4)).toBe(2);
      vi.advanceTimersByTime(29 * 86_400_000);
      expect(allowedOf(limiter, "ann", 4)).toBe(0);
    }
  });
});

describe("several policies", () => {
  const llm = () =>
    createLimiter({
      policies: [
        { name: "requests", limit: 2, window: "1s" },
        { name: "tokens", limit: 100, window: "1m", algorithm: "token-bucket" },
      ],
    });

  it("charge all or none", () => {
    const limiter = llm();
    const refused = limiter.checkSync("ann", { cost: { requests: 1, tokens: 101 } });
    expect([refused.allowed, refused.policy]).toEqual([false, "tokens"]);
    expect(refused.policies.map((policy) => policy.remaining)).toEqual([2, 100]);
    const allowed = limiter.checkSync("ann", { cost: { requests: 1, tokens: 60 } });
    expect(allowed.policies.map((policy) => policy.remaining)).toEqual([1, 40]);
  });

  it("name the one that binds, and wait for the latest", () => {
    const limiter = llm();
    limiter.checkSync("ann", { cost: { requests: 2, tokens: 100 } });
    const { policy, retryAfterMs } = limiter.checkSync("ann", { cost: { requests: 1, tokens: 10 } });
    expect({ policy, retryAfterMs }).toEqual({ policy: "tokens", retryAfterMs: 6_000 });
  });

  it("can be given as rates", () => {
    const limiter = createLimiter({ policies: ["5 per 1s", "1000 per 1d"] });
    expect(limiter.checkSync("ann").policies.map(({ name, limit }) => [name, limit])).toEqual([
      ["5-per-1s", 5],
      ["1000-per-86400s", 1_000],
    ]);
  });
});

describe("a limit of the caller's own", () => {
  it("has a state of its own, and a reset clears all of them", async () => {
    const limiter = createLimiter({ limit: 1, window: "1m" });
    const take = (limit?: number) => limiter.checkSync("ann", limit === undefined ? {} : { limit }).allowed;
    expect([take(), take(), take(2), take(2), take(2)]).toEqual([true, false, true, true, false]);
    await limiter.reset("ann");
    expect([take(), take(2)]).toEqual([true, true]);
  });
});

describe("refund, settle, block, reset", () => {
  it("a refund gives back once what its decision took", async () => {
    const limiter = createLimiter({ limit: 2, window: "1m" });
    const first = limiter.checkSync("ann");
    limiter.checkSync("ann");
    await limiter.refund("ann", first);
    expect(allowedOf(limiter, "ann", 3)).toBe(1);
  });

  it("a refund after the window ended credits nothing", async () => {
    const limiter = createLimiter({ limit: 2, window: "1m" });
    const old = limiter.checkSync("ann");
    vi.advanceTimersByTime(60_000);
    limiter.checkSync("ann");
    await limiter.refund("ann", old);
    expect(limiter.peekSync("ann").remaining).toBe(1);
  });

  it("settling corrects an estimate, in both directions", async () => {
    const limiter = createLimiter({ limit: 100, window: "1m" });
    const decision = limiter.checkSync("ann", { cost: 50 });
    await limiter.settle("ann", decision, 20);
    expect(limiter.peekSync("ann").remaining).toBe(80);
    await limiter.settle("ann", limiter.checkSync("ann", { cost: 10 }), 90);
    expect(limiter.checkSync("ann").allowed).toBe(false);
  });

  it("settling leaves the policies as they are that it does not name", async () => {
    const limiter = createLimiter({
      policies: [
        { name: "requests", limit: 5, window: "1m" },
        { name: "tokens", limit: 1_000, window: "1m" },
      ],
    });
    const decision = limiter.checkSync("ann", { cost: { requests: 2, tokens: 600 } });
    await limiter.settle("ann", decision, { tokens: 400 });
    const { policies } = limiter.peekSync("ann");
    expect(policies.map(({ remaining }) => remaining)).toEqual([3, 600]);
  });

  it("a block refuses for its time, and a reset lifts it", async () => {
    const limiter = createLimiter({ limit: 10, window: "1s" });
    await limiter.block("ann", "1h");
    expect(limiter.checkSync("ann")).toMatchObject({ allowed: false, retryAfterMs: 3_600_000, remaining: 10 });
    vi.advanceTimersByTime(3_600_000);
    expect(limiter.checkSync("ann").allowed).toBe(true);
    await limiter.block("ann", 1_000);
    await limiter.reset("ann");
    expect(limiter.checkSync("ann").allowed).toBe(true);
  });

  it("blockFor locks a key out once it has exceeded the limit", () => {
    const limiter = createLimiter({ limit: 1, window: "1s", blockFor: "1h" });
    expect(allowedOf(limiter, "ann", 1)).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(allowedOf(limiter, "ann", 2)).toBe(1);
    vi.advanceTimersByTime(3_599_999);
    expect(limiter.checkSync("ann").allowed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limiter.checkSync("ann").allowed).toBe(true);
  });

  it("a decision of another limiter is refused", async () => {
    const [one, two] = [createLimiter({ limit: 1, window: 1_000 }), createLimiter({ limit: 1, window: 1_000 })];
    const decision = one.checkSync("ann");
    await expect(two.refund("ann", decision)).rejects.toMatchObject({ code: "CONFIG_DECISION" });
  });
});

describe("wait", () => {
  it("resolves when the call may go, in turn", async () => {
    const limiter = createLimiter({ limit: 1, window: "1s", algorithm: "token-bucket" });
    limiter.checkSync("ann");
    const waiting = limiter.wait("ann");
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await waiting).allowed).toBe(true);
  });

  it("answers at once with the refusal when it would take longer than maxDelay, or for ever", async () => {
    const limiter = createLimiter({ limit: 1, window: "1m" });
    limiter.checkSync("ann");
    expect((await limiter.wait("ann", { maxDelay: "59s" })).allowed).toBe(false);
    expect((await limiter.wait("ann", { cost: 2 })).retryAfterMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("ends with the signal's reason, or when the limiter is closed", async () => {
    const limiter = createLimiter({ limit: 1, window: "40d" });
    limiter.checkSync("ann");
    const stop = new AbortController();
    const [aborted, closed] = [limiter.wait("ann", { signal: stop.signal }), limiter.wait("ann")];
    stop.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await limiter.close();
    await expect(closed).rejects.toMatchObject({ code: "CLOSED" });
    await expect(limiter.check("ann")).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("stats and events", () => {
  it("count, and tell of refusals until the listener is removed", () => {
    const limiter = createLimiter({ limit: 1, window: "1s" });
    const keys: string[] = [];
    const off = limiter.on("limited", ({ key }) => keys.push(key));
    allowedOf(limiter, "ann", 3);
    off();
    limiter.checkSync("ann");
    expect(keys).toEqual(["ann", "ann"]);
    expect(limiter.stats()).toMatchObject({ allowed: 1, denied: 3, keys: 1, overflowed: 0 });
  });

  it("a listener that throws breaks nothing and becomes an error event", () => {
    const limiter = createLimiter({ limit: 1, window: "1s" });
    const errors: unknown[] = [];
    limiter.on("error", (error) => errors.push(error));
    limiter.on("limited", () => {
      throw new Error("mine");
    });
    expect(allowedOf(limiter, "ann", 2)).toBe(1);
    expect(errors).toHaveLength(1);
  });

  it("a flood of keys frees nobody, stays within maxKeys, and is told of", () => {
    const limiter = createLimiter({ limit: 1, window: "1h", maxKeys: 1_000 });
    const seen: number[] = [];
    limiter.on("overflow", ({ keys }) => seen.push(keys));
    limiter.checkSync("exhausted");
    for (let i = 0; i < 10_000; i++) limiter.checkSync(`stranger ${i}`);
    expect(limiter.checkSync("exhausted").allowed).toBe(false);
    expect(limiter.stats().keys).toBeLessThanOrEqual(1_000);
    expect(limiter.stats().overflowed).toBeGreaterThan(0);
    expect(seen).toHaveLength(1);
  });
});

it("errors are TollgateErrors with a hint", () => {
  const error = (() => {
    try {
      createLimiter({ limit: 0, window: "1s" });
    } catch (caught) {
      return caught;
    }
  })();
  expect(error).toBeInstanceOf(TollgateError);
  expect(error).toMatchObject({ name: "TollgateError", code: "CONFIG_LIMIT", hint: expect.stringContaining("limit") });
});

describe("header fields", () => {
  it("of a blocked key tell of the block, not of what would be left", async () => {
    const limiter = createLimiter({ name: "login", limit: 5, window: "1m" });
    await limiter.block("ann", "1h");
    const headers = toHeaders(limiter.checkSync("ann"));
    expect(headers).toEqual({
      "RateLimit-Policy": '"login";q=5;w=60',
      RateLimit: '"login";r=0;t=3600',
      "Retry-After": "3600",
    });
    expect(await toResponse(limiter.checkSync("ann")).json()).toMatchObject({ "violated-policies": ["login"] });
  });

  it("survive later decisions, and a closed limiter", async () => {
    const limiter = createLimiter({ policies: ["2 per 1s", "9 per 1m"] });
    const decision = limiter.checkSync("ann", { cost: 2 });
    limiter.checkSync("bob");
    await limiter.close();
    expect(toHeaders(decision, "draft-11").RateLimit).toBe('"2-per-1s";r=0;t=1, "9-per-60s";r=7;t=60');
    expect(toHeaders(decision, "draft-7").RateLimit).toBe("limit=2, remaining=0, reset=1");
    expect(toHeaders(decision, "draft-6")["RateLimit-Policy"]).toBe("2;w=1");
    expect(toHeaders(decision, "legacy")["X-RateLimit-Reset"]).toBe(String(Math.ceil(Date.now() / 1000) + 1));
    expect(toHeaders(decision, false)).toEqual({});
  });

  it("leave out Retry-After where a call can never fit", () => {
    const limiter = createLimiter({ limit: 5, window: "1m" });
    expect(toHeaders(limiter.checkSync("ann", { cost: 6 }))).not.toHaveProperty("Retry-After");
  });
});
