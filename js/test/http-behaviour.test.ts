import { afterEach, describe, expect, it, vi } from "vitest";
import { createLimiter, type Decision } from "../src/index.js";
import { type Call, type CallOptions, frameworks, statusFrom, stopAll } from "./frameworks.js";

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await stopAll();
});

/** Exchanges the clock of limiters and notices alone: sockets go on. */
const fakeClock = () => vi.useFakeTimers({ toFake: ["Date", "performance"] });
const warnings = () => vi.spyOn(console, "warn").mockImplementation(() => {});

const byUser = { key: (call: Call) => call.header("x-user") as string };
const as = (user: string) => ({ "x-user": user });
const hour = { limit: 2, window: "1h" } as const;

describe.each(frameworks)("$name", ({ start }) => {
  it("tells what is left, and refuses at the limit with a problem that says so", async () => {
    fakeClock();
    const server = await start({ name: "api", limit: 2, window: "1m" });
    const first = await server.get();
    expect([first.status, await first.text()]).toEqual([200, "ok"]);
    expect(first.headers.get("ratelimit-policy")).toBe('"api";q=2;w=60');
    expect(first.headers.get("ratelimit")).toBe('"api";r=1;t=60');
    expect(first.headers.get("retry-after")).toBeNull();
    await server.get();

    const refused = await server.get();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit-policy")).toBe('"api";q=2;w=60');
    expect(refused.headers.get("ratelimit")).toBe('"api";r=0;t=60');
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(await refused.json()).toMatchObject({
      type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
      status: 429,
      "violated-policies": ["api"],
    });
    expect(server.seen.map((decision) => decision?.remaining)).toEqual([1, 0]);

    vi.advanceTimersByTime(60_000);
    expect((await server.get()).status).toBe(200);
  });

  it("counts each client address for itself", async () => {
    const { port } = await start({ limit: 1, window: "1h" });
    expect(await statusFrom("127.0.0.1", port)).toBe(200);
    expect(await statusFrom("127.0.0.1", port)).toBe(429);
    expect(await statusFrom("127.0.0.2", port)).toBe(200);
  });

  it("counts by key, also where it comes later", async () => {
    for (const key of [byUser.key, async (call: Call) => byUser.key(call)]) {
      const server = await start({ ...hour, key });
      expect(await server.statuses(3, "/", as("ann"))).toEqual([200, 200, 429]);
      expect(await server.statuses(1, "/", as("bob"))).toEqual([200]);
    }
  });

  it("counts a hundred calls at once exactly", async () => {
    for (const key of [byUser.key, async (call: Call) => byUser.key(call)]) {
      const server = await start({ limit: 60, window: "1h", key });
      const answers = await Promise.all(Array.from({ length: 100 }, () => server.get("/", as("ann"))));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
    }
  });

  it("a flood of keys frees nobody", async () => {
    const server = await start({ limit: 1, window: "1h", maxKeys: 32, ...byUser });
    expect(await server.statuses(2, "/", as("ann"))).toEqual([200, 429]);
    await Promise.all(Array.from({ length: 400 }, (_, i) => server.get("/", as(`stranger ${i}`))));
    expect(await server.statuses(1, "/", as("ann"))).toEqual([429]);
  });

  it("does not count what skip or allowList let pass", async () => {
    for (const skip of [
      (call: Call) => call.header("x-user") === "health",
      async (call: Call) => call.header("x-user") === "health",
    ]) {
      const server = await start({ limit: 1, window: "1h", ...byUser, skip, allowList: ["admin", "::ffff:192.0.2.7"] });
      expect(await server.statuses(2, "/", as("health"))).toEqual([200, 200]);
      expect(await server.statuses(2, "/", as("admin"))).toEqual([200, 200]);
      expect(await server.statuses(2, "/", as("192.0.2.7"))).toEqual([200, 200]);
      expect((await server.get("/", as("admin"))).headers.get("ratelimit")).toBeNull();
      expect(await server.statuses(2, "/", as("ann"))).toEqual([200, 429]);
      expect(server.seen.slice(0, 6).every((decision) => decision == null)).toBe(true);
    }
  });

  it("takes what a call costs", async () => {
    for (const cost of [
      (call: Call) => Number(call.header("x-cost")),
      async (call: Call) => Number(call.header("x-cost")),
    ]) {
      const server = await start({ limit: 10, window: "1h", cost });
      const statuses = [];
      for (const spent of ["7", "4", "3", "0", "1"]) {
        statuses.push(...(await server.statuses(1, "/", { "x-cost": spent })));
      }
      expect(statuses).toEqual([200, 429, 200, 200, 429]);
    }
  });

  it("gives each caller the limit of its plan", async () => {
    const plans: Record<string, number> = { free: 1, pro: 3 };
    const planOf = (call: Call) => plans[call.header("x-plan") ?? ""] as number;
    for (const limit of [planOf, async (call: Call) => planOf(call)]) {
      const server = await start({ name: "plan", limit, window: "1h", ...byUser });
      expect(await server.statuses(2, "/", { ...as("ann"), "x-plan": "free" })).toEqual([200, 429]);
      expect(await server.statuses(4, "/", { ...as("bob"), "x-plan": "pro" })).toEqual([200, 200, 200, 429]);
      const answer = await server.get("/", { ...as("cy"), "x-plan": "pro" });
      expect(answer.headers.get("ratelimit-policy")).toBe('"plan";q=3;w=3600');
      // A plan that does not exist is a mistake, not a plan without limit.
      expect(await server.statuses(1, "/", { ...as("dan"), "x-plan": "none" })).toEqual([500]);
    }
  });

  it("a plan fits a burst", async () => {
    const slow = { window: "3650d", algorithm: "token-bucket" } as const;
    const server = await start({ ...slow, limit: () => 5, burst: 40, cost: () => 20 });
    expect(await server.statuses(3)).toEqual([200, 200, 429]);
  });

  it("takes limits and costs by policy", async () => {
    const server = await start({
      policies: [
        { name: "requests", limit: 100, window: "1h" },
        { name: "tokens", limit: 100, window: "1h" },
      ],
      limits: async () => ({ tokens: 10 }),
      cost: () => ({ requests: 1, tokens: 4 }),
    });
    expect(await server.statuses(2)).toEqual([200, 200]);
    const refused = await server.get();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit")).toContain('"requests";r=98');
    expect(refused.headers.get("ratelimit")).toContain('"tokens";r=2');
    expect(await refused.json()).toMatchObject({ "violated-policies": ["tokens"] });
  });

  it("speaks every dialect, or none", async () => {
    fakeClock();
    vi.setSystemTime(1_700_000_000_000);
    const fieldsOf = async (headers: CallOptions["headers"]) => {
      const server = await start({ limit: 1, window: "1m", ...(headers === undefined ? {} : { headers }) });
      await server.get();
      const names = /^(x-)?ratelimit|^retry-after$/;
      return Object.fromEntries([...(await server.get()).headers].filter(([name]) => names.test(name)));
    };
    expect(await fieldsOf("draft-7")).toEqual({
      "ratelimit-policy": "1;w=60",
      ratelimit: "limit=1, remaining=0, reset=60",
      "retry-after": "60",
    });
    expect(await fieldsOf("draft-6")).toEqual({
      "ratelimit-policy": "1;w=60",
      "ratelimit-limit": "1",
      "ratelimit-remaining": "0",
      "ratelimit-reset": "60",
      "retry-after": "60",
    });
    expect(await fieldsOf("legacy")).toEqual({
      "x-ratelimit-limit": "1",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "1700000060",
      "retry-after": "60",
    });
    expect(await fieldsOf(false)).toEqual({ "retry-after": "60" });
    expect(await fieldsOf(undefined)).toEqual(await fieldsOf("draft-11"));
  });

  it("answers as it is told to", async () => {
    const refusalFor = async (message: CallOptions["message"]) => {
      const server = await start({ limit: 1, window: "1h", statusCode: 503, message, ...byUser });
      await server.get("/", as("ann"));
      const refused = await server.get("/", as("ann"));
      return [refused.status, refused.headers.get("content-type"), await refused.text()];
    };
    const json = "application/json; charset=utf-8";
    expect(await refusalFor("Slow down, café.")).toEqual([503, "text/plain; charset=utf-8", "Slow down, café."]);
    expect(await refusalFor({ error: "slow" })).toEqual([503, json, '{"error":"slow"}']);
    expect(await refusalFor((call: Call) => `Slow, ${call.header("x-user")}`)).toEqual([
      503,
      "text/plain; charset=utf-8",
      "Slow, ann",
    ]);
    expect(await refusalFor(async (call: Call) => [call.header("x-user")])).toEqual([503, json, '["ann"]']);
    const [status, type, problem] = await refusalFor(undefined);
    expect([status, type]).toEqual([503, "application/problem+json"]);
    expect(JSON.parse(problem as string)).toMatchObject({ status: 503 });
  });

  it("a dry run refuses nobody and tells no client, but counts", async () => {
    const limiter = createLimiter({ limit: 1, window: "1h" });
    const onLimited = vi.fn();
    const server = await start({ limiter, dryRun: true, onLimited });
    expect(await server.statuses(3)).toEqual([200, 200, 200]);
    const names = [...(await server.get()).headers.keys()];
    expect(names.filter((name) => name.includes("ratelimit") || name === "retry-after")).toEqual([]);
    expect(limiter.stats()).toMatchObject({ allowed: 1, wouldDeny: 3 });
    expect(onLimited).toHaveBeenCalledTimes(3);
    expect(server.seen.map((decision) => decision?.allowed)).toEqual([true, false, false, false]);
  });

  it("calls onLimited for each refusal, and survives it", async () => {
    const told = warnings();
    const users: (string | undefined)[] = [];
    const decisions: Decision[] = [];
    const onLimited = (call: Call, decision: Decision) => {
      users.push(call.header("x-user"));
      decisions.push(decision);
      if (users.length === 2) throw new Error("no log today");
      return users.length === 3 ? Promise.reject(new Error("no log tomorrow")) : undefined;
    };
    const server = await start({ limit: 1, window: "1h", onLimited, ...byUser });
    expect(await server.statuses(5, "/", as("ann"))).toEqual([200, 429, 429, 429, 429]);
    expect(users).toEqual(["ann", "ann", "ann", "ann"]);
    expect(decisions.every(({ allowed, limit }) => !allowed && limit === 1)).toBe(true);
    expect(told.mock.calls.flat()).toEqual(["tollgate: onLimited failed: no log today"]);
  });

  it("shares a limiter that it is given", async () => {
    const limiter = createLimiter({ ...hour, name: "shared" });
    const one = await start({ limiter, ...byUser });
    const other = await start({ limiter, ...byUser });
    expect(await one.statuses(1, "/", as("ann"))).toEqual([200]);
    expect(await other.statuses(2, "/", as("ann"))).toEqual([200, 429]);
    await limiter.reset("ann");
    expect(await one.statuses(1, "/", as("ann"))).toEqual([200]);
  });
});

describe.each(frameworks)("$name: responses that are not counted", ({ start }) => {
  it("skipFailedRequests gives back what errors took", async () => {
    const server = await start({ ...hour, skipFailedRequests: true });
    expect(await server.statuses(3, "/?status=400")).toEqual([400, 400, 400]);
    expect(await server.statuses(3, "/?status=500")).toEqual([500, 500, 500]);
    expect(await server.statuses(3, "/?status=302")).toEqual([302, 302, 429]);
  });

  it("skipSuccessfulRequests gives back what went well", async () => {
    const server = await start({ ...hour, skipSuccessfulRequests: true });
    expect(await server.statuses(4, "/?status=302")).toEqual([302, 302, 302, 302]);
    expect(await server.statuses(4, "/?status=404")).toEqual([404, 404, 429, 429]);
    expect(await server.statuses(1)).toEqual([429]);
  });

  it("what a dry run let through took nothing, and gives nothing back", async () => {
    const limiter = createLimiter(hour);
    const options = { limiter, key: () => "ann", skipFailedRequests: true, dryRun: true };
    const server = await start(options);
    expect(await server.statuses(2)).toEqual([200, 200]);
    expect(await server.statuses(2, "/?status=500")).toEqual([500, 500]);
    expect(limiter.peekSync("ann").remaining).toBe(0);
  });

  it("a refusal is no failed request", async () => {
    const server = await start({ ...hour, skipFailedRequests: true });
    expect(await server.statuses(5)).toEqual([200, 200, 429, 429, 429]);
  });
});
