import { afterEach, describe, expect, it, vi } from "vitest";
import { EngineDecision } from "../src/decision.js";
import { rateLimit } from "../src/fetch.js";
import {
  createLimiter,
  type Decision,
  type Limiter,
  type Redis,
  TollgateError,
  toHeaders,
  toResponse,
} from "../src/index.js";
import { DECIDER, type Decider, type DeciderSource, type StoreSpec } from "../src/store/decider.js";

/** A store that others share: it counts in one engine, and fails when told to. */
class Shared implements DeciderSource {
  failure: Error | undefined;
  asked = 0;
  specs: StoreSpec[] = [];

  [DECIDER](spec: StoreSpec): Decider {
    this.specs.push(spec);
    const { engine } = spec;
    const ask = async (run: () => void) => {
      this.asked++;
      if (this.failure !== undefined) throw this.failure;
      run();
      return new EngineDecision(engine, "store");
    };
    const tell = async (run: () => void) => {
      if (this.failure !== undefined) throw this.failure;
      run();
    };
    return {
      consume: (key) => ask(() => engine.consume(key)),
      peek: (key) => ask(() => engine.peek(key)),
      settle: (key) => tell(() => engine.settle(key)),
      reset: (key) => tell(() => engine.reset(key)),
      block: (key) => tell(() => engine.block(key)),
      close: async () => {},
    };
  }
}

afterEach(() => {
  vi.useRealTimers();
});

const down = () => new TollgateError("STORE_UNAVAILABLE", "the store is down", "Start it.");
const told = ({ allowed, source }: Decision) => ({ allowed, source });

describe("a limiter with a store", () => {
  it("lets the store decide, and counts what it said", async () => {
    const limiter = createLimiter({ limit: 1, window: "1m", redis: new Shared() });
    expect(told(await limiter.check("ann"))).toEqual({ allowed: true, source: "store" });
    const limited: string[] = [];
    limiter.on("limited", ({ key }) => limited.push(key));
    expect(told(await limiter.check("ann"))).toEqual({ allowed: false, source: "store" });
    expect(limited).toEqual(["ann"]);
    expect(limiter.stats()).toMatchObject({ allowed: 1, denied: 1, failedOpen: 0 });
  });

  it("sends refunds, resets and blocks there", async () => {
    const limiter = createLimiter({ limit: 1, window: "1m", redis: new Shared() });
    await limiter.refund("ann", await limiter.check("ann"));
    expect((await limiter.check("ann")).allowed).toBe(true);
    await limiter.reset("ann");
    expect((await limiter.peek("ann")).remaining).toBe(1);
    await limiter.block("ann", "1h");
    expect((await limiter.check("ann")).retryAfterMs).toBeGreaterThan(3_000_000);
  });

  it("passes what limits have in common to the store", () => {
    const redis = new Shared();
    createLimiter({ name: "api", limit: 1, window: "1m", redis, prefix: "shop", storeTimeout: "80ms" });
    expect(redis.specs[0]).toMatchObject({ name: "api", prefix: "shop", timeoutMs: 80 });
  });
});

describe("when the store fails", () => {
  const failing = (options: object = {}) => {
    const redis = new Shared();
    redis.failure = down();
    return { redis, limiter: createLimiter({ limit: 2, window: "1m", redis, ...options }) };
  };

  it("open lets calls go, says so, and tells clients nothing that nobody counted", async () => {
    const { limiter } = failing();
    const decisions = await Promise.all(Array.from({ length: 5 }, () => limiter.check("ann")));
    expect(decisions.map(told)).toEqual(Array(5).fill({ allowed: true, source: "open" }));
    expect(limiter.stats()).toMatchObject({ failedOpen: 5, allowed: 0 });
    expect(toHeaders(decisions[0] as Decision)).toEqual({});
  });

  it("closed refuses with 503, to be tried again soon", async () => {
    const { limiter } = failing({ onStoreError: "closed" });
    const decision = await limiter.check("ann");
    expect(told(decision)).toEqual({ allowed: false, source: "closed" });
    const response = toResponse(decision);
    expect(response.status).toBe(503);
    expect(response.headers.get("Retry-After")).toBe("1");
    expect(await response.json()).toMatchObject({ status: 503 });
    expect(limiter.stats()).toMatchObject({ failedClosed: 1, denied: 0 });
  });

  it("local decides here, with a share of the limit", async () => {
    const { limiter } = failing({ limit: 10, onStoreError: "local", localShare: 0.35 });
    const decisions = await Promise.all(Array.from({ length: 6 }, () => limiter.check("ann")));
    expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false, false]);
    expect(decisions.every(({ source }) => source === "local")).toBe(true);
    const planned = await limiter.check("bob", { limit: 100 });
    expect(planned.remaining).toBe(34);
  });

  it("local asks a function for its share at each call", async () => {
    let peers = 5;
    const { limiter } = failing({ limit: 10, onStoreError: "local", localShare: () => 1 / peers });
    const allowed = async (key: string) => {
      const decisions = await Promise.all(Array.from({ length: 12 }, () => limiter.check(key)));
      return decisions.filter((decision) => decision.allowed).length;
    };
    expect(await allowed("ann")).toBe(2);
    expect((await limiter.peek("ann")).limit).toBe(2);
    expect((await limiter.check("bob", { limit: 100 })).remaining).toBe(19);
    peers = 2;
    expect(await allowed("cid")).toBe(5);
    // No number of peers: the last word holds.
    peers = 0;
    expect(await allowed("dan")).toBe(5);
    const refunded = await limiter.check("eve", { cost: 5 });
    await limiter.refund("eve", refunded);
    expect(await allowed("eve")).toBe(5);
  });

  it("local gives back to the count that was charged", async () => {
    const { limiter } = failing({ limit: 1, onStoreError: "local" });
    await limiter.refund("ann", await limiter.check("ann"));
    expect((await limiter.check("ann")).allowed).toBe(true);
  });

  it("is degraded once, and recovers once", async () => {
    const { redis, limiter } = failing();
    const events: string[] = [];
    limiter.on("degraded", ({ message }) => events.push(message));
    limiter.on("recovered", () => events.push("recovered"));
    await limiter.check("ann");
    await limiter.check("ann");
    redis.failure = undefined;
    expect((await limiter.check("ann")).source).toBe("store");
    await limiter.check("ann");
    expect(events).toEqual(["the store is down", "recovered"]);
  });

  it("refuses to pretend that a reset or a block was made", async () => {
    const { limiter } = failing();
    await expect(limiter.reset("ann")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(limiter.block("ann", "1m")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("takes nothing back for calls that were let through", async () => {
    const { redis, limiter } = failing();
    const open = await limiter.check("ann");
    redis.failure = undefined;
    await limiter.check("ann");
    await limiter.refund("ann", open);
    expect((await limiter.peek("ann")).remaining).toBe(1);
  });
});

describe("options of a store", () => {
  const made = (options: object) => () => createLimiter({ limit: 1, window: "1s", ...options });
  it.each([
    ["CONFIG_REDIS", { redis: 7 }],
    ["CONFIG_REDIS", { redis: () => new Shared() }],
    ["CONFIG_PREFIX", { prefix: "a b" }],
    ["CONFIG_PREFIX", { prefix: "{a}" }],
    ["CONFIG_ON_STORE_ERROR", { onStoreError: "fail" }],
    ["CONFIG_STORE_TIMEOUT", { storeTimeout: 0 }],
    ["CONFIG_STORE_TIMEOUT", { storeTimeout: "2m" }],
    ["CONFIG_LOCAL_SHARE", { localShare: 0 }],
    ["CONFIG_LOCAL_SHARE", { localShare: 1.5 }],
    ["CONFIG_LOCAL_SHARE", { localShare: "1/2" }],
    ["CONFIG_DENIAL_CACHE", { denialCache: "2m" }],
    ["CONFIG_DENIAL_CACHE", { denialCache: true }],
  ])("%s", (code, options) => {
    expect(made(options)).toThrow(expect.objectContaining({ code }));
  });
});

describe("a store that comes with the request", () => {
  const stores = new WeakMap<Request, Redis>();
  const asked = (redis: Redis) => {
    const request = new Request("http://127.0.0.1/");
    stores.set(request, redis);
    return request;
  };

  it("is asked for that request, and gets its refund", async () => {
    const [one, other] = [new Shared(), new Shared()];
    const limit = rateLimit({
      limit: 1,
      window: "1m",
      key: () => "ann",
      skipFailedRequests: true,
      redis: async (request: Request) => stores.get(request),
    });
    const first = asked(one);
    expect(await limit(first)).toBeUndefined();
    expect(limit.decision(first)?.source).toBe("store");
    await limit(asked(other));
    limit.finish(first, new Response(null, { status: 500 }));
    expect([one.asked, other.asked]).toEqual([1, 1]);
    const nowhere = new Request("http://127.0.0.1/");
    await limit(nowhere);
    expect(limit.decision(nowhere)?.source).toBe("memory");
  });
});

describe("a refusal that is remembered", () => {
  const exhausted = async (options: object = {}) => {
    const redis = new Shared();
    const limiter = createLimiter({ limit: 1, window: "1m", redis, ...options });
    await limiter.check("ann");
    await limiter.check("ann");
    return { redis, limiter };
  };

  it("is not asked for again, and says so", async () => {
    const { redis, limiter } = await exhausted();
    const decision = await limiter.check("ann");
    expect(told(decision)).toEqual({ allowed: false, source: "cache" });
    expect(decision.retryAfterMs).toBeGreaterThan(0);
    expect(toHeaders(decision).RateLimit).toMatch(/^"default";r=0;t=/);
    expect(redis.asked).toBe(2);
    expect(limiter.stats()).toMatchObject({ cached: 1, denied: 2 });
    expect((await limiter.check("bob")).source).toBe("store");
  });

  it("is forgotten after denialCache", async () => {
    vi.useFakeTimers();
    const { limiter } = await exhausted({ denialCache: "2s" });
    vi.advanceTimersByTime(1_999);
    expect((await limiter.check("ann")).source).toBe("cache");
    vi.advanceTimersByTime(1);
    expect((await limiter.check("ann")).source).toBe("store");
  });

  it.each([
    ["with denialCache: false", { denialCache: false }, async () => {}],
    ["after a reset", {}, (limiter: Limiter<string>) => limiter.reset("ann")],
    [
      "once anything was refunded",
      {},
      async (limiter: Limiter<string>) => limiter.refund("eve", await limiter.check("eve")),
    ],
  ])("is none %s", async (_, options, act) => {
    const { limiter } = await exhausted(options);
    await act(limiter as Limiter<string>);
    expect((await limiter.check("ann")).source).toBe("store");
  });

  it("says nothing about a call with a limit of its own", async () => {
    const { limiter } = await exhausted();
    expect((await limiter.check("ann", { limit: 5 })).source).toBe("store");
  });
});
