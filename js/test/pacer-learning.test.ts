import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPacer, type Pacer } from "../src/index.js";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Answers calls of `fetch` in turn, the last answer again and again. */
function server(...answers: [status: number, headers?: Record<string, string>][]) {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    init?.signal?.throwIfAborted();
    asked.push(new Request(input, init));
    const [status, headers] = answers[Math.min(asked.length, answers.length) - 1] as (typeof answers)[number];
    return new Response(`answer ${asked.length}`, { status, headers: headers ?? {} });
  });
  return asked;
}

const URL = "http://api.test/";
const status = async (call: Promise<Response>) => (await call).status;
/** An error as SDKs throw them. */
const sdkError = (code: number, headers: object) =>
  Object.assign(new Error(`status ${code}`), { status: code, headers });

/** Milliseconds until the next call may start, by asking for one. */
async function nextStart(pace: Pacer): Promise<number> {
  const from = performance.now();
  const started = pace(() => performance.now() - from);
  await vi.advanceTimersByTimeAsync(3_600_000);
  return started;
}

describe("fetch", () => {
  it("waits its turn", async () => {
    const asked = server([200]);
    const { fetch } = createPacer({ limit: 2, window: "1s" });
    const calls = [fetch(URL), fetch(URL), fetch(URL)].map(status);
    await vi.advanceTimersByTimeAsync(999);
    expect(asked.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(await Promise.all(calls)).toEqual([200, 200, 200]);
  });

  it("pauses on 429 and 503 for as long as Retry-After says, and returns the refusal", async () => {
    for (const refused of [429, 503]) {
      server([refused, { "Retry-After": "7" }], [200]);
      const pace = createPacer({ limit: 100, window: "1s" });
      const paused: unknown[] = [];
      pace.on("paused", (event) => paused.push(event));
      expect(await status(pace.fetch(URL))).toBe(refused);
      expect(paused).toEqual([{ ms: 7_000, from: String(refused) }]);
      expect(await nextStart(pace)).toBe(7_000);
    }
  });

  it("goes again with retry, after the pause, and gives up in the end", async () => {
    const asked = server([429, { "Retry-After": "2" }], [200]);
    const pace = createPacer({ limit: 100, window: "1s", retry: 1 });
    const events: unknown[] = [];
    pace.on("retry", (event) => events.push(event));
    const call = status(pace.fetch(URL, { method: "POST", body: "x" }));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await call).toBe(200);
    expect(await (asked[1] as Request).text()).toBe("x");
    expect(events).toEqual([{ attempt: 2, afterMs: 0 }]);
    server([429, { "Retry-After": "1" }]);
    const vain = status(pace.fetch(URL));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await vain).toBe(429);
  });

  it("sends a Request again with its body, and a stream only once", async () => {
    const asked = server([429, { "Retry-After": "1" }], [200]);
    const pace = createPacer({ limit: 100, window: "1s", retry: 1 });
    const call = status(pace.fetch(new Request(URL, { method: "POST", body: "again" })));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await call).toBe(200);
    expect(await (asked[1] as Request).text()).toBe("again");
    const once = server([429, { "Retry-After": "1" }], [200]);
    const body = new Blob(["stream"]).stream();
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    expect(await status(pace.fetch(URL, init))).toBe(429);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(once.length).toBe(1);
  });

  it("waits longer each time where a refusal does not say how long", async () => {
    const asked = server([429], [429], [429], [200]);
    const pace = createPacer({ limit: 100, window: "1s", retry: 5 });
    const call = status(pace.fetch(URL));
    await vi.advanceTimersByTimeAsync(6_999);
    expect(asked.length).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(await call).toBe(200);
  });

  it("is ended by its signal, in the queue and on its way", async () => {
    const asked = server([200]);
    const pace = createPacer({ limit: 1, window: "1s" });
    await pace.fetch(URL);
    const controller = new AbortController();
    const waiting = pace.fetch(URL, { signal: controller.signal });
    const request = pace.fetch(new Request(URL, { signal: controller.signal }));
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(request).rejects.toThrow();
    expect(asked.length).toBe(1);
    vi.stubGlobal("fetch", (_: unknown, { signal }: RequestInit) => {
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    });
    await vi.advanceTimersByTimeAsync(1_000);
    const late = new AbortController();
    const running = pace.fetch(URL, { signal: late.signal });
    late.abort(new Error("on its way"));
    await expect(running).rejects.toThrow("on its way");
  });
});

describe("what answers tell", () => {
  const standings: [string, Record<string, string>][] = [
    ["GitHub", { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000030" }],
    ["draft 6", { "RateLimit-Limit": "100", "RateLimit-Remaining": "0", "RateLimit-Reset": "30" }],
    ["draft 7", { RateLimit: "limit=100, remaining=0, reset=30" }],
    ["draft 11", { RateLimit: '"default";r=0;t=30' }],
    ["another policy than ours", { RateLimit: '"daily";r=0;t=30, "default";r=50;t=60' }],
    ["OpenAI", { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30s" }],
  ];
  for (const [dialect, headers] of standings) {
    it(`holds back when nothing is left: ${dialect}`, async () => {
      server([200, headers]);
      const pace = createPacer({ limit: 1_000, window: "1s" });
      await pace.fetch(URL);
      expect(await nextStart(pace)).toBe(30_000);
    });
  }

  it("lets only so many start as are left", async () => {
    server([200, { RateLimit: '"default";r=3;t=30' }]);
    const pace = createPacer({ limit: 1_000, window: "1s" });
    await pace.fetch(URL);
    const ran = vi.fn();
    for (let i = 0; i < 5; i++) void pace(ran);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(ran).toHaveBeenCalledTimes(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(ran).toHaveBeenCalledTimes(5);
  });

  it("concerns the policy of that name alone", async () => {
    server([200, { "x-ratelimit-remaining-tokens": "100", "x-ratelimit-reset-tokens": "6m0s" }]);
    const pace = createPacer({
      policies: [
        { name: "requests", limit: 500, window: "1m" },
        { name: "tokens", limit: 30_000, window: "1m" },
      ],
    });
    await pace.fetch(URL);
    const ran: string[] = [];
    void pace(() => ran.push("cheap"), { cost: { requests: 1, tokens: 100 } });
    void pace(() => ran.push("dear"), { cost: { requests: 1, tokens: 1 } });
    void pace(() => ran.push("free"), { cost: { requests: 1 } });
    await vi.advanceTimersByTimeAsync(359_000);
    expect(ran).toEqual(["cheap"]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ran).toEqual(["cheap", "dear", "free"]);
  });

  it("is left aside with learn: false, but for refusals", async () => {
    server([200, { RateLimit: '"default";r=0;t=30' }], [429, { "Retry-After": "9" }]);
    const pace = createPacer({ limit: 1_000, window: "1s", learn: false });
    await pace.fetch(URL);
    expect(pace.stats().pausedMs).toBe(0);
    expect(await status(pace.fetch(URL))).toBe(429);
    expect(await nextStart(pace)).toBe(9_000);
  });
});

describe("errors of an SDK", () => {
  it("pause the queue, and go again with retry", async () => {
    const pace = createPacer({ limit: 100, window: "1s", retry: 2 });
    const attempts: number[] = [];
    const headers = [new Headers({ "retry-after": "3" }), { "retry-after": "4" }];
    const call = pace(({ attempt }) => {
      attempts.push(performance.now());
      if (attempt < 3) throw sdkError(429, headers[attempt - 1] as object);
      return "done";
    });
    await vi.advanceTimersByTimeAsync(7_000);
    expect(await call).toBe("done");
    expect(attempts.map((at) => at - (attempts[0] as number))).toEqual([0, 3_000, 7_000]);
  });

  it("are found in error.response too", async () => {
    const pace = createPacer({ limit: 100, window: "1s" });
    const error = { response: { status: 429, headers: { "retry-after": 5 } } };
    await expect(pace(() => Promise.reject(error))).rejects.toBe(error);
    expect(pace.stats().pausedMs).toBe(5_000);
  });

  it("of other kinds do not go again, unless a function says so", async () => {
    const plain = createPacer({ limit: 100, window: "1s", retry: 2 });
    const failing = vi.fn(() => Promise.reject(new Error("boom")));
    await expect(plain(failing)).rejects.toThrow("boom");
    expect(failing).toHaveBeenCalledTimes(1);
    const pace = createPacer({ limit: 100, window: "1s", retry: (_, attempt) => attempt < 3 && `${attempt}s` });
    const call = expect(pace(failing)).rejects.toThrow("boom");
    await vi.advanceTimersByTimeAsync(3_000);
    await call;
    expect(failing).toHaveBeenCalledTimes(4);
    expect(pace.stats()).toMatchObject({ running: 0, waiting: 0, pausedMs: 0 });
  });

  it("a retry that is no duration is a named error", async () => {
    const pace = createPacer({ limit: 100, window: "1s", retry: (() => "soon") as never });
    await expect(pace(() => Promise.reject(new Error("boom")))).rejects.toMatchObject({ code: "CONFIG_RETRY" });
    expect(pace.stats().running).toBe(0);
  });

  it("a call that waits to go again is ended by its signal, and by close", async () => {
    const pace = createPacer({ limit: 100, window: "1s", retry: () => "60d" });
    const controller = new AbortController();
    const failing = () => Promise.reject(new Error("boom"));
    const aborted = expect(pace(failing, { signal: controller.signal })).rejects.toThrow("enough");
    const closed = expect(pace(failing)).rejects.toMatchObject({ code: "CLOSED" });
    await vi.advanceTimersByTimeAsync(10);
    controller.abort(new Error("enough"));
    await aborted;
    await pace.close();
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });
});
