import { afterEach, describe, expect, it, vi } from "vitest";
import { createLimiter } from "../src/index.js";
import { type CallOptions, frameworks, stopAll } from "./frameworks.js";

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await stopAll();
});

/** Exchanges the clock of limiters and notices alone: sockets go on. */
const fakeClock = () => vi.useFakeTimers({ toFake: ["Date", "performance"] });

const hour = { limit: 2, window: "1h" } as const;

describe.each(frameworks)("$name: several limits for one request", ({ start }) => {
  const wide = { name: "wide", limit: 10, window: "1h" } as const;
  const narrow = { name: "narrow", limit: 2, window: "1m" } as const;

  it("tells of all of them in the lists of the newest draft", async () => {
    fakeClock();
    const server = await start(wide, narrow);
    const { headers } = await server.get();
    expect(headers.get("ratelimit-policy")).toBe('"wide";q=10;w=3600, "narrow";q=2;w=60');
    expect(headers.get("ratelimit")).toBe('"wide";r=9;t=3600, "narrow";r=1;t=60');
    await server.get();
    const refused = await server.get();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit")).toBe('"wide";r=7;t=3600, "narrow";r=0;t=60');
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(await refused.json()).toMatchObject({ "violated-policies": ["narrow"] });
    expect(server.seen.map((decision) => decision?.policy)).toEqual(["narrow", "narrow"]);
  });

  it.each(["draft-7", "draft-6", "legacy"] as const)(
    "shows the tightest where there is room for one: %s",
    async (dialect) => {
      const fieldOf = (headers: Headers) =>
        headers.get("ratelimit-limit") ?? headers.get("x-ratelimit-limit") ?? headers.get("ratelimit")?.slice(6, 8);
      for (const order of [
        [wide, narrow],
        [narrow, wide],
      ]) {
        const server = await start(...order.map((rules) => ({ ...rules, headers: dialect })));
        expect(Number.parseInt(fieldOf((await server.get()).headers) ?? "", 10)).toBe(2);
      }
    },
  );

  it("shows the refusal, also of a limit with more left", async () => {
    const server = await start({ ...narrow, headers: "legacy" }, { ...wide, headers: "legacy", cost: () => 11 });
    const refused = await server.get();
    expect([refused.status, refused.headers.get("x-ratelimit-limit")]).toEqual([429, "10"]);
    expect(refused.headers.get("retry-after")).toBeNull();
  });

  it("two dialects stand side by side, and the later one has the fields of both", async () => {
    for (const order of [
      [{ ...wide, headers: "legacy" }, narrow],
      [narrow, { ...wide, headers: "legacy" }],
    ] as CallOptions[][]) {
      const { headers } = await (await start(...order)).get();
      expect(headers.get("x-ratelimit-limit")).toBe("10");
      expect(headers.get("ratelimit-policy")).toBe('"narrow";q=2;w=60');
    }
    const { headers } = await (await start({ ...narrow, headers: "draft-7" }, wide)).get();
    expect(headers.get("ratelimit-policy")).toBe('"wide";q=10;w=3600');
  });

  it("each gives back for itself", async () => {
    const limiter = createLimiter(hour);
    const server = await start({ ...wide }, { limiter, key: () => "ann", skipFailedRequests: true });
    await server.statuses(4, "/?status=500");
    expect(limiter.peekSync("ann").remaining).toBe(2);
    expect(server.seen).toHaveLength(4);
  });
});
