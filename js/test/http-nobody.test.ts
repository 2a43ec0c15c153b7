import { afterEach, describe, expect, it, vi } from "vitest";
import { createLimiter } from "../src/index.js";
import { type Call, type CallOptions, frameworks, stopAll } from "./frameworks.js";

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await stopAll();
});

/** Exchanges the clock of limiters and notices alone: sockets go on. */
const fakeClock = () => vi.useFakeTimers({ toFake: ["Date", "performance"] });
const warnings = () => vi.spyOn(console, "warn").mockImplementation(() => {});

const hour = { limit: 2, window: "1h" } as const;

describe.each(frameworks)("$name: a request of nobody", ({ start }) => {
  const nothing: [string, (call: Call) => unknown][] = [
    ["undefined", () => undefined],
    ["null", () => null],
    ["an empty string", () => ""],
    ["a number", () => 7],
    ["a late nothing", async () => undefined],
  ];
  const throwing: [string, (call: Call) => unknown][] = [
    [
      "an error",
      () => {
        throw new Error("no user");
      },
    ],
    ["a rejection", () => Promise.reject(new Error("no user"))],
  ];
  const keyed = (key: (call: Call) => unknown, onKeyError?: CallOptions["onKeyError"]) =>
    ({ ...hour, key, ...(onKeyError === undefined ? {} : { onKeyError }) }) as CallOptions;

  it.each([...nothing, ...throwing])("%s: all such share one bucket", async (_, key) => {
    const told = warnings();
    const server = await start(keyed(key));
    expect(await server.statuses(3)).toEqual([200, 200, 429]);
    expect(told).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0]?.[0]).toMatch(/^tollgate: key (returned|threw) .*: such requests share one bucket\. /);
  });

  it.each([...nothing, ...throwing])('%s: passes with "open"', async (_, key) => {
    const told = warnings();
    const server = await start(keyed(key, "open"));
    expect(await server.statuses(4)).toEqual([200, 200, 200, 200]);
    expect(told.mock.calls.flat()).toEqual([expect.stringContaining("such requests pass without being counted")]);
  });

  it.each([...nothing, ...throwing])('%s: is refused with "closed"', async (_, key) => {
    const told = warnings();
    const server = await start(keyed(key, "closed"));
    const refused = await server.get();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBeNull();
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(await refused.json()).toMatchObject({ status: 429, detail: expect.stringContaining("whose request") });
    expect(await server.statuses(2)).toEqual([429, 429]);
    expect(told.mock.calls.flat()).toEqual([expect.stringContaining("such requests are refused")]);
  });

  it("is told of once a minute", async () => {
    fakeClock();
    const told = warnings();
    const server = await start(keyed(() => undefined));
    await server.statuses(3);
    vi.advanceTimersByTime(59_999);
    await server.statuses(2);
    expect(told).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await server.statuses(2);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it("a closed gate in a dry run refuses nobody", async () => {
    warnings();
    const limiter = createLimiter(hour);
    const server = await start({ limiter, key: () => "", onKeyError: "closed", dryRun: true });
    expect(await server.statuses(2)).toEqual([200, 200]);
    expect(limiter.stats().wouldDeny).toBe(2);
  });

  it("no key that a caller sends reaches the shared bucket, or that of another", async () => {
    warnings();
    const keys = ["\0nameless", "nameless", "\0\0nameless", "\0", "?", "undefined", "null"];
    const key = (call: Call) => keys[Number(call.header("x-index"))] as string;
    const server = await start({ limit: 1, window: "1h", key });
    expect(await server.statuses(2, "/", { "x-index": "99" })).toEqual([200, 429]);
    for (const index of keys.keys()) {
      expect(await server.statuses(2, "/", { "x-index": `${index}` })).toEqual([200, 429]);
    }
  });
});

describe.each(frameworks)("$name: what goes wrong in a function", ({ start }) => {
  const fail = () => {
    throw new Error("broken");
  };
  const failWith = (thrown: unknown) => () => {
    throw thrown;
  };
  const reject = () => Promise.reject(new Error("broken"));
  const rejectNothing = () => Promise.reject();
  const rejectRoute = () => Promise.reject("route");

  it.each<[string, object]>([
    ["skip throws", { skip: fail }],
    ["skip throws nothing", { skip: failWith(undefined) }],
    ["skip throws a word that means something to Express", { skip: failWith("route") }],
    ["skip rejects", { skip: reject }],
    ["skip rejects with nothing", { skip: rejectNothing }],
    ["skip rejects with a word that means something to Express", { skip: rejectRoute }],
    ["cost throws", { cost: fail }],
    ["cost rejects", { cost: reject }],
    ["cost is no cost", { cost: () => -1 }],
    ["cost is a late no cost", { cost: async () => Number.NaN }],
    ["cost is nothing", { cost: () => undefined }],
    ["limits throws", { limits: fail }],
    ["limits rejects", { limits: reject }],
    ["limits names a policy that is none", { limits: () => ({ other: 3 }) }],
    ["limits throws after a cost that comes later", { cost: async () => 1, limits: fail }],
  ])("%s: an error of the application, and nothing is taken", async (_, options) => {
    const limiter = createLimiter(hour);
    const server = await start({ limiter, key: () => "ann", ...options });
    expect(await server.statuses(2)).toEqual([500, 500]);
    expect(server.seen).toEqual([]);
    expect(limiter.peekSync("ann").remaining).toBe(2);
  });

  it.each([
    ["throws", fail],
    ["rejects", reject],
    ["rejects with nothing", rejectNothing],
  ])("message %s: an error of the application, and the request does not go on", async (_, message) => {
    const server = await start({ limit: 1, window: "1h", message });
    expect(await server.statuses(2)).toEqual([200, 500]);
    expect(server.seen).toHaveLength(1);
  });

  it("a limiter that was closed is an error too", async () => {
    const limiter = createLimiter(hour);
    const server = await start({ limiter });
    await limiter.close();
    expect(await server.statuses(1)).toEqual([500]);
  });
});
