import { setTimeout as pause } from "node:timers/promises";
import { Redis as Upstash } from "@upstash/redis";
import { Redis } from "ioredis";
import { createClientPool } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Channels, openChannels } from "../../js/src/redis/channels.js";
import { CLIENTS, CLUSTER_CLIENTS, type Opened, opened } from "./clients.js";
import { eventually, startCluster, type TestCluster } from "./cluster.js";
import { output } from "./processes.js";
import { freePort, type Server, startServer } from "./server.js";

let server: Server;
let cluster: TestCluster;
beforeAll(async () => {
  server = await startServer();
  cluster = await startCluster();
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const errors: Error[] = [];
function channelsOver(redis: unknown, timeoutMs = 5_000): Channels {
  const channels = openChannels({ redis, timeoutMs, onError: (error) => errors.push(error) });
  closing.push(() => channels.close());
  return channels;
}

async function client(open: Promise<Opened>): Promise<object> {
  const { client, close } = await open;
  closing.push(close);
  return client;
}

const node = () => cluster.nodes[0]?.port ?? 0;
const tcp = Object.keys(CLIENTS).filter((name) => name !== "@upstash/redis");
const PLACES: [string, () => Promise<unknown>][] = [
  ["a URL", async () => server.url],
  ...tcp.map((name) => [name, () => client(opened(name, server.port))] as [string, () => Promise<unknown>]),
  ...["ioredis 4", "ioredis 6", "redis 4", "redis 6"].map(
    (name) =>
      [
        `two clients of ${name}`,
        () => Promise.all([client(opened(name, server.port)), client(opened(name, server.port))]),
      ] as [string, () => Promise<unknown>],
  ),
  ...Object.entries(CLUSTER_CLIENTS).map(
    ([name, open]) => [`${name}, cluster`, () => client(open(node()))] as [string, () => Promise<unknown>],
  ),
  [
    "two clusters of ioredis 6",
    async () => [
      await client((CLUSTER_CLIENTS["ioredis 6"] as (port: number) => Promise<Opened>)(node())),
      await client((CLUSTER_CLIENTS["ioredis 6"] as (port: number) => Promise<Opened>)(node())),
    ],
  ],
];

/** Ends the connections of all who subscribe; answers how many there were. */
async function killSubscribers(): Promise<number> {
  return Number(await server.command("CLIENT", "KILL", "TYPE", "pubsub"));
}

function heard(): { list: string[]; listener: (message: string, channel: string) => void } {
  const list: string[] = [];
  return { list, listener: (message, channel) => list.push(`${channel}=${message}`) };
}

describe.each(PLACES)("over %s", (place, redis) => {
  it("messages arrive in order, of channels and of patterns, until the subscription ends", async () => {
    const channels = channelsOver(await redis());
    const [one, pattern] = [heard(), heard()];
    const end = await channels.subscribe("a:1", one.listener);
    await channels.psubscribe("a:[12]", pattern.listener);
    const all = Array.from({ length: 200 }, (_, i) => `${i} äöü\n{}`);
    const reached = await Promise.all(all.map((message) => channels.publish("a:1", message)));
    await channels.publish("a:2", "two");
    await channels.publish("a:3", "three");
    await eventually("all has come", () => pattern.list.length >= 201 && one.list.length >= 200);
    expect(one.list).toEqual(all.map((message) => `a:1=${message}`));
    expect(pattern.list.slice(0, 200)).toEqual(one.list);
    expect(pattern.list.slice(200)).toEqual(["a:2=two"]);
    expect(new Set(reached)).toEqual(new Set([place.includes("cluster") ? undefined : 2]));
    await end();
    await channels.publish("a:1", "late");
    await eventually("the pattern has it", () => pattern.list.length === 202);
    expect(one.list.length).toBe(200);
  });

  it("the user's client is open after close, and other channels go on", async () => {
    const given = await redis();
    const [first, second] = [channelsOver(given), channelsOver(given)];
    const [one, other] = [heard(), heard()];
    await first.subscribe("shared", one.listener);
    await second.subscribe("shared", other.listener);
    await first.close();
    await expect(first.publish("shared", "x")).rejects.toMatchObject({ code: "CLOSED" });
    await expect(first.subscribe("shared", one.listener)).rejects.toMatchObject({ code: "CLOSED" });
    await second.publish("shared", "still");
    await eventually("it has come", () => other.list.length === 1);
    expect(one.list).toEqual([]);
    await second.close();
    const third = channelsOver(given);
    await third.subscribe("shared", one.listener);
    await third.publish("shared", "again");
    await eventually("it has come", () => one.list.length === 1);
  });
});

const SINGLE = PLACES.filter(([name]) => !name.includes("cluster"));
describe.each(SINGLE)("faults over %s", (_, redis) => {
  it("a killed subscriber is told, and comes back with all its subscriptions", async () => {
    const channels = channelsOver(await redis());
    const [one, pattern] = [heard(), heard()];
    const told: string[] = [];
    for (const event of ["down", "up"] as const) channels.on(event, () => told.push(event));
    await channels.subscribe("k:1", one.listener);
    await channels.psubscribe("k:*", pattern.listener);
    errors.length = 0;
    expect(await killSubscribers()).toBeGreaterThan(0);
    await eventually("it is back", () => told.includes("up"));
    expect(told).toEqual(["down", "up"]);
    expect(errors.map((error) => (error as Error & { code: string }).code)).toContain("STORE_ERROR");
    expect(await channels.publish("k:1", "after")).toBe(2);
    await eventually("it has come", () => one.list.length === 1 && pattern.list.length === 1);
  });
});

describe.each(["a URL", "ioredis 4", "ioredis 6", "redis 4", "redis 6"])("a server that dies, over %s", (name) => {
  it("fails calls by their deadline, keeps nothing for later, and is used again", async () => {
    const mortal = await startServer();
    closing.push(() => mortal.stop());
    const redis = name === "a URL" ? mortal.url : await client(opened(name, mortal.port));
    const channels = channelsOver(redis, 500);
    const told: string[] = [];
    for (const event of ["down", "up"] as const) channels.on(event, () => told.push(event));
    const one = heard();
    await channels.subscribe("m", one.listener);
    await mortal.kill();
    await eventually("the loss is told", () => told.includes("down"));
    const during = await Promise.allSettled(Array.from({ length: 20 }, () => channels.publish("m", "during")));
    for (const result of during) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: expect.stringMatching(/^STORE_/) } });
    }
    await expect(channels.subscribe("other", one.listener)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await mortal.start();
    await eventually("it is back", () => told.includes("up"));
    await eventually("it publishes", () => channels.publish("m", "after").then(Boolean, () => false));
    await eventually("it has come", () => one.list.length > 0);
    expect(new Set(one.list)).toEqual(new Set(["m=after"]));
  });

  it("that stands still fails calls by their deadline", async () => {
    const mortal = await startServer();
    closing.push(() => mortal.stop());
    const redis = name === "a URL" ? mortal.url : await client(opened(name, mortal.port));
    const channels = channelsOver(redis, 200);
    await channels.subscribe("m", () => {});
    mortal.stall();
    await expect(channels.publish("m", "x")).rejects.toMatchObject({ code: "STORE_TIMEOUT" });
    mortal.resume();
  });
});

describe("a cluster whose node dies", () => {
  it.each(["ioredis 6", "redis 6"])("over %s: subscribes and publishes at another one", async (name) => {
    const mortal = await startCluster();
    closing.push(() => mortal.stop());
    const open = CLUSTER_CLIENTS[name] as (port: number) => Promise<Opened>;
    const channels = channelsOver(await client(open(mortal.nodes[1]?.port ?? 0)), 2_000);
    const one = heard();
    const told: string[] = [];
    for (const event of ["down", "up"] as const) channels.on(event, () => told.push(event));
    await channels.subscribe("c", one.listener);
    const hears = await Promise.all(mortal.nodes.map((each) => each.command("PUBSUB", "NUMSUB", "c")));
    const at = hears.findIndex((answer) => (answer as [string, number])[1] > 0);
    await mortal.nodes[at]?.kill();
    await eventually("it is back", () => told.includes("up"));
    expect(told).toEqual(["down", "up"]);
    await eventually("a message comes", async () => {
      await channels.publish("c", "x").catch(() => {});
      await pause(20);
      return one.list.length > 0;
    });
  });
});

describe("what cannot subscribe is refused", () => {
  const pair = () => [new Redis({ lazyConnect: true }), new Redis({ lazyConnect: true })] as const;
  it.each([
    ["a URL over HTTP", () => "https://x.upstash.io", /begins with "https:"/],
    ["@upstash/redis", () => new Upstash({ url: "http://127.0.0.1:1", token: "t" }), /over HTTP/],
    ["a pool", () => createClientPool(), /pool/],
    ["no client", () => ({}), /Object/],
    ["nothing", () => undefined, /undefined/],
    ["three clients", () => [...pair(), {}], /array of 3/],
    ["one client in an array", () => [pair()[0]], /array of 1/],
    ["the same twice", () => Array(2).fill(pair()[0]), /same client twice/],
    ["URLs in an array", () => ["redis://127.0.0.1", "redis://127.0.0.1"], /same client twice/],
    ["a pair with Upstash", () => [pair()[0], new Upstash({ url: "http://127.0.0.1:1", token: "t" })], /over HTTP/],
  ])("%s", (_, redis, message) => {
    const open = () => openChannels({ redis: redis(), timeoutMs: 100, onError: () => {} });
    expect(open).toThrow(expect.objectContaining({ code: "CONFIG_REDIS", message: expect.stringMatching(message) }));
  });
});

it("a subscription where there is no server rejects, and one that Redis forbids too", async () => {
  const nobody = channelsOver(`redis://127.0.0.1:${await freePort()}`, 200);
  await expect(nobody.subscribe("a", () => {})).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await expect(nobody.publish("a", "x")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await server.command("ACL", "SETUSER", "limited", "on", ">secret", "+@all", "resetchannels", "&mine");
  const limited = channelsOver(`redis://limited:secret@127.0.0.1:${server.port}`);
  const mine = heard();
  await limited.subscribe("mine", mine.listener);
  await expect(limited.subscribe("theirs", () => {})).rejects.toMatchObject({ code: "STORE_ERROR" });
  await limited.publish("mine", "x");
  await eventually("it has come", () => mine.list.length === 1);
});

it.each(["ioredis 6", "redis 6"])(
  "two clients of %s of which the second is closed: a subscription rejects",
  async (name) => {
    const [publisher, subscriber] = [await client(opened(name, server.port)), await opened(name, server.port)];
    await subscriber.close();
    const channels = channelsOver([publisher, subscriber.client], 200);
    await expect(channels.subscribe("a", () => {})).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await channels.publish("a", "x")).toBe(0);
  },
);

it("a listener that throws is told, and disturbs nobody", async () => {
  const channels = channelsOver(server.url);
  const one = heard();
  await channels.subscribe("t", () => {
    throw new Error("thrown by a listener");
  });
  await channels.subscribe("t", one.listener);
  errors.length = 0;
  await channels.publish("t", "x");
  await eventually("it has come", () => one.list.length === 1);
  expect(errors.map((error) => error.message)).toEqual(["thrown by a listener"]);
});

it("all channels over a URL share one subscriber, and nothing of it holds the process", async () => {
  const count = async () =>
    String(await server.command("CLIENT", "LIST", "TYPE", "pubsub")).match(/^id=/gm)?.length ?? 0;
  const before = await count();
  const both = [channelsOver(server.url), channelsOver(server.url)];
  for (const channels of both) await channels.subscribe("a", () => {});
  expect(await count()).toBe(before + 1);
  for (const channels of both) await channels.close();
  await eventually("it is closed", async () => (await count()) === before);
  expect(await output("leave-channels.mjs", server.url)).toBe("1");
  expect(await output("leave-channels.mjs", `redis://127.0.0.1:${await freePort()}`)).toBe("STORE_UNAVAILABLE");
});
