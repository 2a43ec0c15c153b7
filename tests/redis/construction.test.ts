import { Redis as Upstash } from "@upstash/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../js/src/index.js";
import { checkUrl } from "../../js/src/redis/url.js";
import { opened } from "./clients.js";
import { eventually } from "./cluster.js";
import { type Network, startNetwork } from "./network.js";
import { output } from "./processes.js";
import { freePort, type Server, startServer } from "./server.js";
import { startHttpProxy } from "./upstash.js";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const policy = { limit: 1, window: "1m" } as const;
const thrown = (make: () => unknown): { code: string; message: string; hint: string } => {
  try {
    make();
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error("nothing was thrown");
};

describe("what is no Redis", () => {
  it.each([
    ["localhost:6379", /begins with "localhost:"/],
    ["127.0.0.1:6379", /no URL/],
    ["", /no URL/],
    ["http://127.0.0.1:6379", /begins with "http:"/],
    ["redis://:p4ss:w0rd/secret@host:x", /no URL/],
    ["redis://:p4ssw0rd@127.0.0.1/first", /no number of a database/],
    ["redis:///0", /without a host/],
  ])("%s", (redis, message) => {
    const error = thrown(() => createLimiter({ ...policy, redis }));
    expect(error).toMatchObject({ code: "CONFIG_REDIS", message: expect.stringMatching(message) });
    expect(error.message + error.hint).not.toMatch(/p4ss|secret/);
  });

  it.each([
    [new Map(), "Map"],
    [{ evalsha() {} }, "Object"],
    [{ duplicate() {} }, "Object"],
    [{ evalsha() {}, eval() {} }, "Object"],
    [null, "null"],
    [7, "7"],
  ])("a client that is none: %s", (client, named) => {
    const error = thrown(() => createLimiter({ ...policy, redis: client as never }));
    expect(error).toMatchObject({ code: "CONFIG_REDIS", message: expect.stringContaining(named) });
    expect(error.message).toContain("ioredis");
  });

  it.each(["redis://127.0.0.1", "rediss://user:a%40b@host:6380/3", "redis://[::1]:6379/0"])("%s is one", (url) => {
    checkUrl(url);
  });
});

describe("names on one Redis", () => {
  const made: Limiter<string>[] = [];
  const make = (options: object) => {
    const limiter: Limiter<string> = createLimiter({ ...policy, redis: server.url, ...options });
    made.push(limiter);
    return limiter;
  };
  const nothing = async () => {
    await Promise.all(made.splice(0).map((limiter) => limiter.close()));
  };

  it("two without a name are refused, until the first is closed", async () => {
    make({});
    expect(thrown(() => make({}))).toMatchObject({ code: "CONFIG_NAME" });
    await nothing();
    make({});
    make({ prefix: "other" });
    await nothing();
  });

  it("one name may be for one set of policies", async () => {
    make({ name: "api" });
    make({ name: "api" });
    const error = thrown(() => make({ name: "api", limit: 2 }));
    expect(error).toMatchObject({ code: "CONFIG_NAME", message: expect.stringContaining('"api"') });
    await nothing();
  });

  it("a client of the user's is one Redis too", async () => {
    const redis = new Redis(server.port, "127.0.0.1");
    make({ redis });
    expect(thrown(() => make({ redis }))).toMatchObject({ code: "CONFIG_NAME" });
    await nothing();
    redis.disconnect();
  });
});

describe("the connection to a URL", () => {
  it("is one for all limiters of a process, and is closed with the last", async () => {
    const network = await startNetwork(server.port);
    const [one, other] = ["one", "other"].map((name) => createLimiter({ ...policy, name, redis: network.url }));
    const decides = async (limiter: typeof one) => (await limiter?.peek("key"))?.source === "store";
    await eventually("it is connected", () => decides(one));
    expect(await decides(other)).toBe(true);
    expect(network.connections).toBe(1);
    await one?.close();
    expect(await decides(other)).toBe(true);
    await other?.close();
    await eventually("it is closed", () => network.connections === 0);
    await network.stop();
  });

  it("does not hold the process, connected or not", async () => {
    expect(await output("leave.mjs", server.url)).toBe("store");
    expect(await output("leave.mjs", `redis://127.0.0.1:${await freePort()}`)).toBe("open");
  });
});

it("redis: undefined is memory", async () => {
  const redis = process.env.NO_REDIS_URL;
  expect((await createLimiter({ ...policy, redis }).check("key")).source).toBe("memory");
});

it("over HTTP each call travels alone, and waits for storeTimeout at most", async () => {
  const proxy = await startHttpProxy(server.port);
  const { url, token } = proxy;
  const redis = new Upstash({ url, token, enableAutoPipelining: false }) as never;
  const limiter = createLimiter({ ...policy, name: "http", limit: 100, redis, storeTimeout: 200 });
  await limiter.check("key");
  proxy.requests = 0;
  await Promise.all(Array.from({ length: 5 }, () => limiter.check("key")));
  expect(proxy.requests).toBe(5);
  proxy.delayMs = 1_000;
  expect((await limiter.check("key")).source).toBe("open");
  await limiter.close();
  await proxy.stop();
});

it("a wrong token is an error that says so", async () => {
  const proxy = await startHttpProxy(server.port);
  const redis = new Upstash({ url: proxy.url, token: "wrong", retry: false }) as never;
  const limiter = createLimiter({ ...policy, name: "token", redis });
  const told: string[] = [];
  limiter.on("degraded", ({ message }) => told.push(message));
  expect((await limiter.check("key")).source).toBe("open");
  expect(told[0]).toContain("WRONGPASS");
  await limiter.close();
  await proxy.stop();
});

describe("a Redis that is too old", () => {
  let old: Network;
  beforeAll(async () => {
    old = await startNetwork(server.port);
    // As long as what it replaces: replies begin with their length.
    old.edit = (reply) =>
      Buffer.from(reply.toString("latin1").replace(/redis_version:\S+/, "redis_version:6.2.14"), "latin1");
  });
  afterAll(() => old?.stop());

  it.each(["a URL", "ioredis 4", "ioredis 6", "redis 4", "redis 6"])("is told once, over %s", async (kind) => {
    const user = kind === "a URL" ? undefined : await opened(kind, old.port);
    const limiter = createLimiter({ ...policy, name: "old", redis: user?.client ?? old.url });
    const told: unknown[] = [];
    limiter.on("error", (error) => told.push(error));
    await limiter.peek("key");
    await eventually("it is told", () => told.length > 0);
    await limiter.peek("key");
    const message = expect.stringMatching(/6\.2\.14 is too old; expected 7\.0 or newer/);
    expect(told).toEqual([expect.objectContaining({ code: "STORE_VERSION", message })]);
    await limiter.close();
    await user?.close();
  });
});
