import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it, vi } from "vitest";
import { rateLimit, registerRateLimit } from "../src/fastify.js";
import { createLimiter, TollgateError } from "../src/index.js";
import { listening, type Running, running, stopAll } from "./frameworks.js";

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await stopAll();
});

const once = { limit: 1, window: "1h" } as const;
const from = (address: string) => ({ "x-forwarded-for": address });
const ok = async () => "ok";

async function serving(app: FastifyInstance): Promise<Running> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return running(await listening(app.server));
}

it("believes X-Forwarded-For as far as trustProxy does", async () => {
  const app = Fastify({ trustProxy: "127.0.0.1" });
  await app.register(rateLimit, once);
  app.get("/", ok);
  const server = await serving(app);
  expect(await server.statuses(2, "/", from("203.0.113.1"))).toEqual([200, 429]);
  expect(await server.statuses(2, "/", from("203.0.113.2"))).toEqual([200, 429]);

  const wary = Fastify();
  await wary.register(rateLimit, once);
  wary.get("/", ok);
  const behind = await serving(wary);
  expect(await behind.statuses(1, "/", from("203.0.113.1"))).toEqual([200]);
  expect(await behind.statuses(1, "/", from("203.0.113.2"))).toEqual([429]);
});

it("limits routes whenever they were declared, those of other plugins, and what no route answers", async () => {
  const app = Fastify();
  app.get("/before", ok);
  app.register(rateLimit, { ...once, key: (request) => request.url });
  app.get("/after", ok);
  app.register(async (inside) => {
    inside.get("/inside", ok);
  });
  const server = await serving(app);
  for (const path of ["/before", "/after", "/inside"]) expect(await server.statuses(2, path)).toEqual([200, 429]);
  expect(await server.statuses(2, "/nowhere")).toEqual([404, 429]);
});

it("limits a handler of what is not found, too", async () => {
  const app = Fastify();
  await app.register(rateLimit, once);
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).send("lost");
  });
  const server = await serving(app);
  expect(await server.statuses(2, "/nowhere")).toEqual([404, 429]);
});

it("stays in the instance that it is registered on", async () => {
  const app = Fastify();
  await app.register(async (inside) => {
    await inside.register(rateLimit, once);
    inside.get("/limited", ok);
  });
  app.get("/free", ok);
  const server = await serving(app);
  expect(await server.statuses(2, "/limited")).toEqual([200, 429]);
  expect(await server.statuses(3, "/free")).toEqual([200, 200, 200]);
});

it("an instance inside adds its limit to the one outside", async () => {
  const app = Fastify();
  await app.register(rateLimit, { name: "outside", limit: 3, window: "1h" });
  await app.register(async (inside) => {
    await inside.register(rateLimit, { name: "inside", limit: 1, window: "1h", message: "inside" });
    inside.get("/inside", ok);
    inside.get("/own", { config: { rateLimit: { name: "own", limit: 2, window: "1h" } } }, ok);
  });
  app.get("/", ok);
  const server = await serving(app);
  expect((await server.get("/inside")).headers.get("ratelimit-policy")).toBe(
    '"outside";q=3;w=3600, "inside";q=1;w=3600',
  );
  expect(await server.statuses(1, "/inside")).toEqual([429]);
  const own = await server.get("/own");
  expect([own.status, own.headers.get("ratelimit-policy")]).toEqual([200, '"own";q=2;w=3600']);
  expect(await server.statuses(2, "/own")).toEqual([200, 429]);
  expect(await (await server.get("/own")).text()).toBe("inside");
  expect(await server.statuses(2)).toEqual([200, 429]);
});

describe("config.rateLimit", () => {
  const strict = { name: "strict", limit: 1, window: "1h" } as const;

  it("is a route's own limit, or none", async () => {
    const app = Fastify();
    await app.register(rateLimit, { name: "app", limit: 2, window: "1h" });
    app.get("/", ok);
    app.get("/strict", { config: { rateLimit: strict } }, ok);
    app.get("/also-strict", { config: { rateLimit: strict } }, ok);
    app.get("/free", { config: { rateLimit: false } }, ok);
    const server = await serving(app);
    expect(await server.statuses(2, "/strict")).toEqual([200, 429]);
    expect(await server.statuses(2, "/also-strict")).toEqual([200, 429]);
    expect(await server.statuses(4, "/free")).toEqual([200, 200, 200, 200]);
    expect(await server.statuses(3)).toEqual([200, 200, 429]);
    expect((await server.get("/strict")).headers.get("ratelimit-policy")).toBe('"strict";q=1;w=3600');
    expect((await server.get("/free")).headers.get("ratelimit-policy")).toBeNull();
  });

  it("counts GET and its HEAD together", async () => {
    const app = Fastify();
    await app.register(rateLimit, { limit: 100, window: "1h" });
    app.get("/", { config: { rateLimit: strict } }, ok);
    const server = await serving(app);
    const head = () => fetch(`http://127.0.0.1:${server.port}/`, { method: "HEAD" });
    expect((await head()).status).toBe(200);
    expect(await server.statuses(1)).toEqual([429]);
    expect((await head()).status).toBe(429);
  });

  it("works for a route that was declared before the plugin was loaded", async () => {
    const app = Fastify();
    app.get("/", { config: { rateLimit: strict } }, ok);
    app.register(rateLimit, { limit: 100, window: "1h" });
    const server = await serving(app);
    expect(await server.statuses(2)).toEqual([200, 429]);
  });

  it("takes over who is limited and how a refusal looks, but no limit", async () => {
    const app = Fastify();
    await app.register(rateLimit, {
      limit: 100,
      window: "1h",
      key: (request) => String(request.headers["x-user"]),
      allowList: ["admin"],
      message: "slow",
      cost: () => 50,
    });
    app.get("/", { config: { rateLimit: { limit: 2, window: "1h" } } }, ok);
    app.get("/loud", { config: { rateLimit: { ...strict, message: "LOUD" } } }, ok);
    const server = await serving(app);
    expect(await server.statuses(3, "/", { "x-user": "ann" })).toEqual([200, 200, 429]);
    expect(await server.statuses(2, "/", { "x-user": "bob" })).toEqual([200, 200]);
    expect(await server.statuses(3, "/", { "x-user": "admin" })).toEqual([200, 200, 200]);
    expect(await (await server.get("/", { "x-user": "ann" })).text()).toBe("slow");
    await server.get("/loud", { "x-user": "ann" });
    expect(await (await server.get("/loud", { "x-user": "ann" })).text()).toBe("LOUD");
  });

  it("that is wrong shows when the route is declared", async () => {
    const app = Fastify();
    await app.register(rateLimit, once);
    for (const wrong of [{ limit: 0, window: "1h" }, { limit: 1 }, { ...once, max: 3 }, 7, "3 per hour"]) {
      const declare = () => app.get("/", { config: { rateLimit: wrong as typeof strict } }, ok);
      expect(declare).toThrow(TollgateError);
    }
    await app.close();
  });
});

it("options that are wrong show when the plugin is loaded", async () => {
  await expect(Fastify().register(rateLimit, { ...once, limit: -1 })).rejects.toMatchObject({ code: "CONFIG_LIMIT" });
  const late = Fastify();
  late.register(rateLimit, { ...once, max: 5 } as typeof once);
  await expect(late.ready()).rejects.toMatchObject({ code: "CONFIG_UNKNOWN_OPTION" });
});

it("answers requests that are injected, and gives back for those that fail", async () => {
  const app = Fastify();
  const limiter = createLimiter({ limit: 2, window: "1h" });
  await app.register(rateLimit, { limiter, skipFailedRequests: true });
  app.get("/", ok);
  app.get("/broken", async () => {
    throw new Error("broken");
  });
  const status = async (path: string) => (await app.inject(path)).statusCode;
  expect([await status("/broken"), await status("/broken"), await status("/broken")]).toEqual([500, 500, 500]);
  expect([await status("/"), await status("/"), await status("/")]).toEqual([200, 200, 429]);
  await app.close();
});

it("does not put a refusal through the serializer of the application", async () => {
  const app = Fastify();
  app.setReplySerializer((payload) => JSON.stringify({ wrapped: payload }));
  await app.register(rateLimit, { ...once, message: { error: "slow" } });
  app.get("/", ok);
  const server = await serving(app);
  await server.get();
  expect(await (await server.get()).json()).toEqual({ error: "slow" });
});

it("errors reach the error handler of the application", async () => {
  const app = Fastify();
  app.setErrorHandler((error: Error, _request, reply) => {
    reply.code(418).send(error.message);
  });
  await app.register(rateLimit, {
    ...once,
    skip: () => {
      throw new Error("broken");
    },
  });
  app.get("/", ok);
  const server = await serving(app);
  const answer = await server.get();
  expect([answer.status, await answer.text()]).toEqual([418, "broken"]);
});

describe("registerRateLimit", () => {
  it("registers the plugin in one call", async () => {
    const app = Fastify();
    await registerRateLimit(app, once);
    app.get("/", ok);
    const server = await serving(app);
    expect(await server.statuses(2)).toEqual([200, 429]);
  });

  it("reads REDIS_URL, unless redis says otherwise", async () => {
    vi.stubEnv("REDIS_URL", "http://127.0.0.1:6379"); // Refused, so that it shows where it was read.
    const redisError = { code: "CONFIG_REDIS" };
    await expect(registerRateLimit(Fastify(), once)).rejects.toMatchObject(redisError);
    await expect(registerRateLimit(Fastify(), { ...once, redis: undefined })).rejects.toMatchObject(redisError);
    await registerRateLimit(Fastify(), { ...once, redis: false });
    await registerRateLimit(Fastify(), { limiter: createLimiter(once) });
    vi.stubEnv("REDIS_URL", "");
    await registerRateLimit(Fastify(), once);
    await expect(registerRateLimit(Fastify(), { ...once, redis: "127.0.0.1" })).rejects.toMatchObject(redisError);
  });
});
