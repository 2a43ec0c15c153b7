import { afterEach, describe, expect, it, vi } from "vitest";
import { rateLimit } from "../src/fetch.js";
import { createLimiter } from "../src/index.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const once = { limit: 1, window: "1h" } as const;
const request = () => new Request("http://localhost/");

it("resolves with a refusal, or with undefined", async () => {
  const limit = rateLimit(once);
  expect(await limit(request(), { ip: "203.0.113.1" })).toBeUndefined();
  const refused = await limit(request(), { ip: "::ffff:203.0.113.1" });
  expect(refused?.status).toBe(429);
  expect(refused?.headers.get("retry-after")).toBe("3600");
  expect(await limit(request(), { ip: "203.0.113.2" })).toBeUndefined();
});

it("counts every call, also for one request", async () => {
  const limit = rateLimit(once);
  const same = request();
  expect(await limit(same, { ip: "203.0.113.1" })).toBeUndefined();
  expect((await limit(same, { ip: "203.0.113.1" }))?.status).toBe(429);
});

it("without an address and a key all share one bucket, and the notice says what to give", async () => {
  const told = vi.spyOn(console, "warn").mockImplementation(() => {});
  const limit = rateLimit(once);
  expect(await limit(request())).toBeUndefined();
  expect((await limit(request(), { ip: undefined }))?.status).toBe(429);
  expect(told.mock.calls.flat()).toEqual([expect.stringContaining("limit(request, { ip })")]);
});

it("gives the decision", async () => {
  const limit = rateLimit({ limit: 5, window: "1h", key: () => "ann", skip: ({ url }) => url.endsWith("/health") });
  const counted = request();
  await limit(counted);
  expect(limit.decision(counted)?.remaining).toBe(4);
  const health = new Request("http://localhost/health");
  await limit(health);
  expect(limit.decision(health)).toBeUndefined();
  expect(limit.decision(request())).toBeUndefined();
});

it("a call without a request is an error", async () => {
  const limit = rateLimit(once);
  await expect(limit(undefined as unknown as Request)).rejects.toMatchObject({ code: "CONFIG_OPTIONS" });
});

it("errors of functions reject", async () => {
  const limit = rateLimit({
    ...once,
    skip: () => {
      throw new Error("broken");
    },
  });
  await expect(limit(request())).rejects.toThrow("broken");
});

describe("finish", () => {
  const limited = async () => {
    const limit = rateLimit({ name: "api", limit: 5, window: "1h", key: () => "ann" });
    const call = request();
    await limit(call);
    return { limit, call };
  };

  it("writes the fields into the response", async () => {
    const { limit, call } = await limited();
    const response = new Response("ok", { status: 201 });
    expect(limit.finish(call, response)).toBe(response);
    expect(response.headers.get("ratelimit-policy")).toBe('"api";q=5;w=3600');
  });

  it.each([
    ["a redirect", () => Response.redirect("http://localhost/elsewhere"), 302, ""],
    ["what fetch returned", () => fetch("data:text/plain,ok"), 200, "ok"],
  ])("copies %s", async (_, make, status, text) => {
    const { limit, call } = await limited();
    const finished = limit.finish(call, await make());
    expect([finished.status, await finished.text()]).toEqual([status, text]);
    expect(finished.headers.get("ratelimit")).toMatch(/^"api";r=4;t=\d+$/);
  });

  it("leaves an error as it is", async () => {
    const { limit, call } = await limited();
    const error = Response.error();
    expect(limit.finish(call, error)).toBe(error);
  });

  it("leaves a response alone whose request was never counted", () => {
    const response = new Response("ok");
    expect(rateLimit(once).finish(request(), response)).toBe(response);
    expect([...response.headers.keys()]).toEqual(["content-type"]);
  });

  it("gives back once", async () => {
    const limiter = createLimiter({ limit: 3, window: "1h" });
    const limit = rateLimit({ limiter, key: () => "ann", skipFailedRequests: true });
    await limit(request());
    const call = request();
    await limit(call);
    const failed = new Response("", { status: 500 });
    limit.finish(call, failed);
    limit.finish(call, failed);
    expect(limiter.peekSync("ann").remaining).toBe(2);
  });

  it("says the same in whichever order several limits finish", async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const limits = [
        rateLimit({ name: "a", limit: 1, window: "1h", key: () => "ann" }),
        rateLimit({ name: "b", limit: 2, window: "1h", key: () => "ann" }),
      ];
      const call = request();
      for (const limit of limits) await limit(call);
      const response = new Response("ok");
      for (const i of order) limits[i]?.finish(call, response);
      expect(response.headers.get("ratelimit-policy")).toBe('"a";q=1;w=3600, "b";q=2;w=3600');
    }
  });
});
