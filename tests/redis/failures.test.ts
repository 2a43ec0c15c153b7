import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../js/src/index.js";
import { opened } from "./clients.js";
import { eventually } from "./cluster.js";
import { admitted, call, sources, tooLong, underLoad } from "./load.js";
import { startNetwork } from "./network.js";
import { freePort, type Server, startServer } from "./server.js";

const TIMEOUT_MS = 250;
const LIMIT = 100;

let server: Server;
const limiters: Limiter<string>[] = [];
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await Promise.all(limiters.splice(0).map((limiter) => limiter.close()));
  await server.stop();
});

function limiterOn(redis: unknown, options: object = {}): Limiter<string> {
  const usual = { name: "load", limit: LIMIT, window: "1h", denialCache: false } as const;
  const limiter: Limiter<string> = createLimiter({ ...usual, redis: redis as string, ...options });
  limiters.push(limiter);
  return limiter;
}

const isBack = (limiter: Limiter<string>) =>
  eventually("Redis decides again", async () => (await limiter.check("back", { cost: 0 })).source === "store");

describe.each(["a URL", "ioredis 6", "redis 6"])("over %s", (kind) => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** What users give as `redis`, for a server on a port. */
  async function redisAt(port: number): Promise<unknown> {
    if (kind === "a URL") return `redis://127.0.0.1:${port}`;
    const { client, close } = await opened(kind, port);
    closing.push(close);
    return client;
  }

  it("SCRIPT FLUSH under load is not noticed", async () => {
    const limiter = limiterOn(await redisAt(server.port));
    await isBack(limiter);
    const seen = await underLoad(limiter, "key", async () => {
      for (let i = 0; i < 20; i++) {
        await server.command("SCRIPT", "FLUSH");
        await pause(20);
      }
    });
    expect(sources(seen)).toEqual(["store"]);
    expect(admitted(seen, "store")).toBe(LIMIT);
  });

  it("killed and started again under load: calls go on, and the limit holds again", async () => {
    const limiter = limiterOn(await redisAt(server.port));
    const events: string[] = [];
    limiter.on("degraded", () => events.push("degraded"));
    limiter.on("recovered", () => events.push("recovered"));
    await isBack(limiter);
    const seen = await underLoad(limiter, "key", async () => {
      await pause(200);
      await server.kill();
      await pause(400);
      await server.start();
      await isBack(limiter);
      await pause(300);
    });
    expect(sources(seen)).toEqual(["open", "store"]);
    expect(tooLong(seen, TIMEOUT_MS)).toEqual([]);
    // It keeps nothing: the limit counts once before, and once after.
    expect(admitted(seen, "store")).toBeLessThanOrEqual(LIMIT * 2);
    expect(seen.filter(({ allowed, source }) => !allowed && source === "open")).toEqual([]);
    expect(events.slice(0, 2)).toEqual(["degraded", "recovered"]);
    expect((await call(limiter, "key")).allowed).toBe(false);
  });

  it("standing still for a while: few wait for the deadline, nobody longer, and the limit holds", async () => {
    const limiter = limiterOn(await redisAt(server.port));
    await isBack(limiter);
    const seen = await underLoad(limiter, "key", async () => {
      await pause(100);
      server.stall();
      await pause(5_000);
      server.resume();
      await isBack(limiter);
    });
    expect(sources(seen)).toEqual(["open", "store"]);
    expect(tooLong(seen, TIMEOUT_MS)).toEqual([]);
    expect(admitted(seen, "store")).toBeLessThanOrEqual(LIMIT);
    const waited = seen.filter(({ source, ms }) => source === "open" && ms >= TIMEOUT_MS);
    expect(waited.length).toBeLessThan(seen.filter(({ source }) => source === "open").length / 4);
  });

  it("answers that come too late count for nobody's patience", async ({ onTestFinished }) => {
    const network = await startNetwork(server.port);
    onTestFinished(() => network.stop());
    const limiter = limiterOn(await redisAt(network.port));
    await isBack(limiter);
    const seen = await underLoad(limiter, "key", async () => {
      network.delayMs = 2 * TIMEOUT_MS;
      await pause(1_500);
      network.delayMs = 0;
      await isBack(limiter);
    });
    expect(tooLong(seen, TIMEOUT_MS)).toEqual([]);
    expect(sources(seen)).toEqual(["open", "store"]);
    expect(admitted(seen, "store")).toBeLessThanOrEqual(LIMIT);
  });

  it("connections that are cut again and again: the limit holds, and the call in between is not repeated", async ({
    onTestFinished,
  }) => {
    const network = await startNetwork(server.port);
    onTestFinished(() => network.stop());
    const limiter = limiterOn(await redisAt(network.port));
    await isBack(limiter);
    const seen = await underLoad(limiter, "key", async () => {
      for (let i = 0; i < 10; i++) {
        network.cutsNextReply = true;
        await pause(100);
      }
      network.cutsNextReply = false;
      await isBack(limiter);
    });
    expect(tooLong(seen, TIMEOUT_MS)).toEqual([]);
    expect(admitted(seen, "store")).toBeLessThanOrEqual(LIMIT);
  });
});

describe("a Redis that is not there at boot", () => {
  it("lets calls go at once, and counts when it comes", async () => {
    const port = await freePort();
    const limiter = limiterOn(`redis://127.0.0.1:${port}`);
    const errors: Error[] = [];
    limiter.on("error", (error) => errors.push(error));
    const before = await Promise.all(Array.from({ length: 50 }, () => call(limiter, "key")));
    expect(sources(before)).toEqual(["open"]);
    expect(tooLong(before, TIMEOUT_MS)).toEqual([]);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining("ECONNREFUSED")]);
    const late = await startServer({ port });
    try {
      await isBack(limiter);
      const after = await Promise.all(Array.from({ length: 2 * LIMIT }, () => call(limiter, "key")));
      expect(admitted(after, "store")).toBe(LIMIT);
    } finally {
      await late.stop();
    }
  });

  it.each([
    ["closed", { allowed: false, source: "closed" }],
    ["local", { allowed: true, source: "local" }],
  ])("onStoreError %s", async (onStoreError, expected) => {
    const limiter = limiterOn(`redis://127.0.0.1:${await freePort()}`, { onStoreError });
    expect(await limiter.check("key")).toMatchObject(expected);
  });
});

describe("a Redis that refuses", () => {
  it("a wrong password is told as it is, without showing it", async () => {
    const guarded = await startServer({ args: ["--requirepass", "right"] });
    try {
      const limiter = limiterOn(`redis://:wrong-secret@127.0.0.1:${guarded.port}`);
      const told: string[] = [];
      limiter.on("error", ({ message }) => told.push(message));
      limiter.on("degraded", ({ message }) => told.push(message));
      const seen = [await call(limiter, "key"), await call(limiter, "key")];
      expect(sources(seen)).toEqual(["open"]);
      expect(told.join("\n")).toMatch(/WRONGPASS|invalid (username|password)/i);
      expect(told.join("\n")).not.toContain("wrong-secret");
      const right = limiterOn(`redis://:right@127.0.0.1:${guarded.port}`);
      expect((await right.check("key")).source).toBe("store");
    } finally {
      await guarded.stop();
    }
  });

  it("a foreign value at one key fails that key alone", async () => {
    const limiter = limiterOn(server.url);
    await limiter.check("ann");
    const keys = (await server.command("KEYS", "*")) as string[];
    expect(keys).toHaveLength(1);
    await server.command("DEL", keys[0] as string);
    await server.command("LPUSH", keys[0] as string, "foreign");
    const told: string[] = [];
    limiter.on("degraded", ({ message }) => told.push(message));
    const asked = ["bob", "ann", "eve"].map((key) => limiter.check(key));
    const decisions = await Promise.all(asked);
    expect(decisions.map(({ source }) => source)).toEqual(["store", "open", "store"]);
    expect(told[0]).toContain("WRONGTYPE");
  });
});

describe("a client that is its user's", () => {
  it("stays open when the limiter is closed", async () => {
    const client = new Redis(server.port, "127.0.0.1");
    const limiter = limiterOn(client);
    await limiter.check("key");
    await limiter.close();
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });

  it("that the user closes: calls go on without waiting", async () => {
    const { client, close } = await opened("redis 6", server.port);
    const limiter = limiterOn(client);
    expect((await call(limiter, "key")).source).toBe("store");
    await close();
    const seen = await Promise.all(Array.from({ length: 20 }, () => call(limiter, "key")));
    expect(sources(seen)).toEqual(["open"]);
    expect(tooLong(seen, 0)).toEqual([]);
  });
});
