import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPacer, type Pacer, RateLimitTimeoutError, TollgateError } from "../src/index.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Ends when it is told to. */
function gate<T = void>() {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** Notes the time of each start, in milliseconds. */
function noted(pace: Pacer, count: number, options?: Parameters<Pacer>[1]): number[] {
  const from = performance.now();
  const starts: number[] = [];
  for (let i = 0; i < count; i++) void pace(() => starts.push(performance.now() - from), options).catch(() => {});
  return starts;
}

describe("the rate", () => {
  it("lets as many start in any window as the limit says", async () => {
    const starts = noted(createPacer({ limit: 3, window: "1s" }), 8);
    expect(starts.length).toBe(3);
    await vi.advanceTimersByTimeAsync(999);
    expect(starts.length).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(starts.length).toBe(6);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toEqual([0, 0, 0, 1_000, 1_000, 1_000, 2_000, 2_000]);
  });

  it("slides: what started late in a window counts into the next", async () => {
    const pace = createPacer({ limit: 2, window: 1_000 });
    const first = noted(pace, 1);
    await vi.advanceTimersByTimeAsync(900);
    const starts = noted(pace, 3);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([first, starts]).toEqual([[0], [0, 100, 1_000]]);
  });

  it("holds for several policies, each with a cost", async () => {
    const pace = createPacer({ policies: ["10 per 1s", { name: "tokens", limit: 100, window: "1m" }] });
    const starts: number[] = [];
    for (let i = 0; i < 3; i++) void pace(() => starts.push(i), { cost: { tokens: 40 } });
    expect(starts).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(starts).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(starts).toEqual([0, 1, 2]);
  });

  it("counts from when a call has begun, not from when it was allowed to", async () => {
    const pace = createPacer({ limit: 2, window: "1s" });
    const starts: number[] = [];
    const slow = () => {
      starts.push(performance.now());
      vi.advanceTimersByTime(30);
    };
    void pace(() => {});
    void pace(() => {});
    void pace(slow);
    void pace(slow);
    void pace(slow);
    await vi.advanceTimersByTimeAsync(3_000);
    expect((starts[2] as number) - (starts[1] as number)).toBeGreaterThanOrEqual(1_000);
  });

  it("works with windows of years, longer than a timer", async () => {
    const pace = createPacer({ limit: 1, window: "30d" });
    const starts = noted(pace, 2);
    await vi.advanceTimersByTimeAsync(29 * 86_400_000);
    expect(starts.length).toBe(1);
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(starts).toEqual([0, 30 * 86_400_000]);
  });
});

describe("concurrency", () => {
  it("bounds what runs, and a long call holds up nobody else", async () => {
    const pace = createPacer({ limit: 2, window: 200, concurrency: 2 });
    const long = gate();
    void pace(() => long.promise);
    const starts = noted(pace, 3);
    await vi.advanceTimersByTimeAsync(400);
    expect(starts).toEqual([0, 200, 200]);
    expect(pace.stats().running).toBe(1);
    long.open();
    await pace.onIdle();
  });

  it("can be all that is bounded", async () => {
    const pace = createPacer({ concurrency: 1 });
    const first = gate();
    void pace(() => first.promise);
    const starts = noted(pace, 2);
    expect(starts.length).toBe(0);
    first.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(starts.length).toBe(2);
    expect(pace.stats()).toMatchObject({ quota: Number.POSITIVE_INFINITY, running: 0, waiting: 0 });
  });

  it("is freed by a function that throws, and by one that returns no promise", async () => {
    const pace = createPacer({ concurrency: 1 });
    await expect(
      pace(() => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    await expect(pace(() => Promise.reject(new Error("later")))).rejects.toThrow("later");
    expect(await pace(() => 7)).toBe(7);
    expect(pace.stats()).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe("order", () => {
  it("is that of submission, and priority goes first", async () => {
    const pace = createPacer({ limit: 1, window: 10 });
    const order: string[] = [];
    const add = (name: string, priority?: number) =>
      void pace(() => order.push(name), priority === undefined ? {} : { priority });
    add("running");
    add("a");
    add("b");
    add("high", 1);
    add("low", -1);
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(["running", "high", "a", "b", "low"]);
  });

  it("takes turns between lanes", async () => {
    const pace = createPacer({ limit: 1, window: 10 });
    const order: string[] = [];
    for (const lane of ["a", "a", "a", "b", "c", "c"]) void pace(() => order.push(lane), { lane });
    await vi.advanceTimersByTimeAsync(100);
    expect(order.slice(0, 1)).toEqual(["a"]);
    expect([...order.slice(1, 4)].sort()).toEqual(["a", "b", "c"]);
    expect(order.length).toBe(6);
  });
});

describe("a call that waits", () => {
  it("rejects when it has waited for maxDelay, and takes no room", async () => {
    const pace = createPacer({ limit: 1, window: "1s", concurrency: 1, maxDelay: 300 });
    const long = gate();
    void pace(() => long.promise);
    const late = pace(() => 1);
    const caught = expect(late).rejects.toMatchObject({ code: "TIMEOUT", name: "RateLimitTimeoutError" });
    await vi.advanceTimersByTimeAsync(300);
    await caught;
    await expect(pace(() => 1, { maxDelay: 0 })).rejects.toThrow(RateLimitTimeoutError);
    long.open();
    await vi.advanceTimersByTimeAsync(700);
    expect(await pace(() => 2)).toBe(2);
  });

  it("is taken back by its signal, with its reason", async () => {
    const pace = createPacer({ limit: 1, window: "1s" });
    const controller = new AbortController();
    const ran = vi.fn();
    void pace(ran);
    const waiting = pace(ran, { signal: controller.signal });
    const shared = pace(ran, { signal: controller.signal });
    controller.abort(new Error("changed my mind"));
    await expect(waiting).rejects.toThrow("changed my mind");
    await expect(shared).rejects.toThrow("changed my mind");
    expect(pace.stats().waiting).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(ran).toHaveBeenCalledTimes(1);
  });

  it("never queues with a signal that is aborted already", async () => {
    const pace = createPacer({ limit: 1, window: "1s" });
    const ran = vi.fn();
    await expect(pace(ran, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
    expect(ran).not.toHaveBeenCalled();
    expect(pace.stats()).toMatchObject({ waiting: 0, startedInWindow: 0 });
  });

  it("is not started when its signal is aborted between its turn and its start", async () => {
    const pace = createPacer({ limit: 2, window: "1s", concurrency: 1 });
    const first = gate();
    const ran = vi.fn();
    const controller = new AbortController();
    void pace(() => first.promise);
    const second = pace(ran, { signal: controller.signal });
    first.open();
    const caught = expect(second).rejects.toThrow("too late");
    // The turn comes some microtasks later; the abort comes in each of them.
    for (let i = 0; i < 10 && pace.stats().waiting === 1; i++) await Promise.resolve();
    controller.abort(new Error("too late"));
    await caught;
    expect(ran).not.toHaveBeenCalled();
    expect(pace.stats()).toMatchObject({ running: 0, startedInWindow: 1 });
  });

  it("rejects at once when the queue is full", async () => {
    const pace = createPacer({ limit: 1, window: "1s", maxQueue: 1 });
    void pace(() => {});
    const second = pace(() => 2);
    await expect(pace(() => 3)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await second).toBe(2);
  });

  it("keeps the caller's asynchronous context", async () => {
    const storage = new AsyncLocalStorage<number>();
    const pace = createPacer({ limit: 1, window: 10 });
    const seen: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      storage.run(i, () => {
        void pace(async () => {
          seen.push(storage.getStore());
          await Promise.resolve();
          seen.push(storage.getStore());
        });
      });
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(seen).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });

  it("is cleared, with CLEARED or a reason", async () => {
    const pace = createPacer({ limit: 1, window: "1s" });
    void pace(() => {});
    const waiting = [pace(() => 1), pace(() => 2)];
    const caught = waiting.map((call) => expect(call).rejects.toMatchObject({ code: "CLEARED" }));
    pace.clear();
    await Promise.all(caught);
    const other = expect(pace(() => 3)).rejects.toBe("enough");
    pace.clear("enough");
    await other;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of a hundred thousand is taken back by one signal", async () => {
    vi.useRealTimers();
    const pace = createPacer({ limit: 1, window: "1h" });
    const controller = new AbortController();
    void pace(() => {});
    const calls = Array.from({ length: 100_000 }, () => pace(() => {}, { signal: controller.signal }));
    expect(pace.stats().waiting).toBe(100_000);
    const settled = Promise.allSettled(calls);
    controller.abort(new Error("all"));
    expect((await settled).every(({ status }) => status === "rejected")).toBe(true);
    expect(pace.stats().waiting).toBe(0);
  });
});

describe("a cost", () => {
  it("above the limit rejects at once and says both numbers", async () => {
    const pace = createPacer({ name: "api", limit: 10, window: "1s" });
    const error = (await pace(() => {}, { cost: 11 }).catch((e) => e)) as TollgateError;
    expect(error).toBeInstanceOf(TollgateError);
    expect(error.code).toBe("TOO_LARGE");
    expect(error.message).toMatch(/11.*"api".*10/);
  });

  it("is settled to what the call really took", async () => {
    const pace = createPacer({ name: "tokens", limit: 100, window: "1m" });
    await pace(
      async ({ settle }) => {
        settle(20);
        settle({ tokens: 30 });
      },
      { cost: 90 },
    );
    expect(pace.stats().startedInWindow).toBe(30);
    let late!: (actual: number) => void;
    await pace(({ settle }) => {
      late = settle;
    });
    late(50);
    expect(pace.stats().startedInWindow).toBe(31);
    const starts = noted(pace, 1, { cost: 69 });
    expect(starts.length).toBe(1);
  });

  it("stays for policies that a settlement does not name", async () => {
    const policies = [
      { name: "requests", limit: 2, window: "1m" },
      { name: "tokens", limit: 100, window: "1m" },
    ] as const;
    const pace = createPacer({ policies, maxDelay: 0 });
    const ask = (tokens: number) =>
      pace(
        ({ settle }) => {
          settle({ tokens: 40 });
          settle({ tokens: 30 });
          return true;
        },
        { cost: { requests: 1, tokens } },
      );
    expect(await ask(90)).toBe(true);
    expect(await ask(70)).toBe(true);
    await expect(ask(1)).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("that is no cost is a named error", async () => {
    const pace = createPacer({ limit: 10, window: "1s" });
    for (const cost of [-1, Number.NaN, 1.5, Number.POSITIVE_INFINITY]) {
      await expect(pace(() => {}, { cost })).rejects.toMatchObject({ code: "CONFIG_COST" });
    }
    expect(pace.stats()).toMatchObject({ waiting: 0, running: 0, startedInWindow: 0 });
  });
});

describe("a pause", () => {
  it("holds all back until its end, or until it is ended", async () => {
    const pace = createPacer({ limit: 10, window: "1s" });
    const events: unknown[] = [];
    pace.on("paused", (event) => events.push(event));
    pace.pause("5s");
    expect(pace.stats().pausedMs).toBe(5_000);
    const starts = noted(pace, 2);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(starts.length).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(starts.length).toBe(2);
    pace.pause();
    const later = noted(pace, 1);
    expect(pace.stats().pausedMs).toBe(Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(1_000_000);
    pace.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(later.length).toBe(1);
    expect(events).toEqual([
      { ms: 5_000, from: "pause" },
      { ms: Number.POSITIVE_INFINITY, from: "pause" },
    ]);
  });
});

describe("its other faces", () => {
  it("wrap passes this and arguments on", async () => {
    const pace = createPacer({ limit: 5, window: "1s" });
    const adder = {
      base: 3,
      add: pace.wrap(function (this: { base: number }, a: number, b: number) {
        return this.base + a + b;
      }),
    };
    expect(await adder.add(1, 2)).toBe(6);
  });

  it("map gives results in the order of items, and takes no more of them than there is room for", async () => {
    const pace = createPacer({ concurrency: 2 });
    let taken = 0;
    function* items() {
      for (let i = 0; i < 6; i++) {
        taken++;
        yield i;
      }
    }
    const results: number[] = [];
    for await (const result of pace.map(items(), async (i) => i * 10)) {
      results.push(result);
      expect(taken).toBeLessThanOrEqual(results.length + 2);
    }
    expect(results).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it("map ends with the first error, and takes back what waits", async () => {
    const pace = createPacer({ limit: 2, window: "1s" });
    const run = async () => {
      const results: number[] = [];
      for await (const result of pace.map([1, 2, 3, 4], (i) => (i === 2 ? Promise.reject(new Error("two")) : i))) {
        results.push(result);
      }
      return results;
    };
    await expect(run()).rejects.toThrow("two");
    expect(pace.stats().waiting).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("for gives each key a budget of its own, and the same key the same", async () => {
    const pace = createPacer({ limit: 1, window: "1s" });
    const starts = [noted(pace.for("ann"), 1), noted(pace.for("bob"), 1), noted(pace.for("ann"), 1), noted(pace, 1)];
    expect(starts.map(({ length }) => length)).toEqual([1, 1, 0, 1]);
    await pace.close();
    await expect(pace.for("ann")(() => {})).rejects.toMatchObject({ code: "CLOSED" });
    await expect(pace.for("new")(() => {})).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("onIdle resolves when nothing waits or runs", async () => {
    const pace = createPacer({ limit: 1, window: "1s" });
    await pace.onIdle();
    const idle = vi.fn();
    noted(pace, 3);
    void pace.onIdle().then(idle);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(idle).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(idle).toHaveBeenCalled();
  });

  it("keeps no timer when nothing waits", async () => {
    const pace = createPacer({ limit: 2, window: "1s", maxDelay: "1m" });
    noted(pace, 2);
    expect(vi.getTimerCount()).toBe(0);
    noted(pace, 40);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("closing", () => {
  it("rejects what waits, and asks what runs to end", async () => {
    const pace = createPacer({ concurrency: 1 });
    let signal!: AbortSignal;
    const long = gate();
    const running = pace((job) => {
      signal = job.signal;
      return long.promise;
    });
    const waiting = expect(pace(() => {})).rejects.toMatchObject({ code: "CLOSED" });
    await pace.close();
    await waiting;
    expect(signal.aborted).toBe(true);
    await expect(pace(() => {})).rejects.toMatchObject({ code: "CLOSED" });
    long.open();
    await running;
  });

  it("waits with drain until all have ended", async () => {
    const pace = createPacer({ limit: 1, window: "1s" });
    const starts = noted(pace, 3);
    const closed = vi.fn();
    void pace.close({ drain: true }).then(closed);
    await expect(pace(() => {})).rejects.toMatchObject({ code: "CLOSED" });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(closed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect([starts.length, closed.mock.calls.length]).toEqual([3, 1]);
  });

  it("waits no longer than drain says", async () => {
    const pace = createPacer({ limit: 1, window: "1s" });
    void pace(() => {});
    const second = pace(() => 2);
    const third = expect(pace(() => 3)).rejects.toMatchObject({ code: "CLOSED" });
    const closed = pace.close({ drain: "1500ms" });
    await vi.advanceTimersByTimeAsync(1_500);
    await closed;
    expect(await second).toBe(2);
    await third;
    expect(vi.getTimerCount()).toBe(0);
  });
});
