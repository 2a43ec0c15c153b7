import { setTimeout as pause } from "node:timers/promises";
import { Redis as Upstash } from "@upstash/redis";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Bus, type BusOptions, createBus } from "../../js/src/index.js";
import { BusProcess, type Numbered } from "./bus-processes.js";
import { CLUSTER_CLIENTS, type Opened, opened } from "./clients.js";
import { eventually, startCluster } from "./cluster.js";
import { startNetwork } from "./network.js";
import { freePort, type Server, startServer } from "./server.js";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let named = 0;
/** Buses of a name that no other test has. */
function buses<N extends number>(count: N, options: BusOptions = {}): Bus[] {
  const name = `bus ${++named}:*[a]`;
  return Array.from({ length: count }, () => {
    const bus = createBus({ name, redis: server.url, storeTimeout: "5s", ...options });
    closing.push(() => bus.close());
    return bus;
  });
}

async function listen(bus: Bus | undefined, topic: string): Promise<[string, unknown][]> {
  const got: [string, unknown][] = [];
  await bus?.subscribe(topic, (data, from) => {
    got.push([from, data]);
  });
  return got;
}

const killSubscribers = () => server.command("CLIENT", "KILL", "TYPE", "pubsub");

describe("W9: a message published in one process reaches subscribers in all", () => {
  it("at once in its own, and everywhere exactly once, whatever fits its topic", async () => {
    const [here, there] = buses(2);
    const lists = await Promise.all(
      [here, there].flatMap((bus) =>
        ["chat:lobby", "chat:*", "*:lobby", "chat:lobby"].map((topic) => listen(bus, topic)),
      ),
    );
    const other = await listen(there, "chat:den");
    const sent = here?.publish("chat:lobby", { text: "hello" });
    expect(lists.slice(0, 4).map((list) => list.length)).toEqual([1, 1, 1, 1]);
    await sent;
    await there?.publish("chat:lobby", "back");
    await eventually("all is there", () => lists.every((list) => list.length >= 2));
    // What comes later over the same connections shows that nothing came twice.
    await here?.publish("chat:lobby", "end");
    await eventually("all is there", () => lists.every((list) => list.length >= 3));
    for (const list of lists) {
      expect(list.map(([topic]) => topic)).toEqual(Array(3).fill("chat:lobby"));
      expect(list.map(([, data]) => data)).toEqual([{ text: "hello" }, "back", "end"]);
    }
    expect(other).toEqual([]);
  });

  it.each([
    ["chat:*", ["chat:", "chat:a", "chat:a:b", "chat:\n\u0000{}"], ["chat", "xchat:a"]],
    ["*", ["anything"], []],
    ["a*b*c", ["abc", "axbxc", "abbcc"], ["ab", "acb", "abcd"]],
    ["a*a", ["aa", "aba"], ["a"]],
    ["a?[b]^\\*", ["a?[b]^\\", "a?[b]^\\c"], ["axb", "ab", "a?b^", "a?[b]^*".replace("*", "x")]],
    ["ä*ö", ["äö", "äßö", "ä😀ö"], ["aö"]],
  ])("pattern %s means the same as in memory", async (pattern, matching, others) => {
    const [here, there] = buses(2);
    const memory = createBus();
    const [local, remote] = [await listen(memory, pattern), await listen(there, pattern)];
    const all = await listen(there, "*");
    for (const topic of [...matching, ...others]) {
      await memory.publish(topic, 0);
      await here?.publish(topic, 0);
    }
    await eventually("all has come", () => all.length === matching.length + others.length);
    expect(remote.map(([topic]) => topic)).toEqual(matching);
    expect(remote).toEqual(local);
  });

  it("buses of other names and prefixes hear nothing", async () => {
    const [here, there] = buses(2, { name: "a" });
    const strangers = [buses(1, { name: "a:b" }), buses(1, { name: "b" }), buses(1, { name: "a", prefix: "other*" })];
    const strange = await Promise.all(strangers.flat().map((bus) => listen(bus, "*")));
    const list = await listen(there, "b:c");
    await here?.publish("b:c", 1);
    await strangers[0]?.[0]?.publish("c", 2);
    await eventually("it has come", () => list.length === 1);
    await eventually("theirs has come", () => strange[0]?.length === 1);
    expect(strange).toEqual([[["c", 2]], [], []]);
    expect(list).toEqual([["b:c", 1]]);
  });

  it("until the last of its subscriptions to a topic ends", async () => {
    const [here, there] = buses(2);
    const got: unknown[] = [];
    const ends = [];
    for (let i = 0; i < 2; i++) ends.push(await there?.subscribe("a", (data) => got.push(data)));
    await ends[0]?.();
    await ends[0]?.();
    await here?.publish("a", 1);
    await eventually("the other has it", () => got.length === 1);
    await ends[1]?.();
    const channel = `tollgate:bus:${encodeURIComponent(`bus ${named}:*[a]`)}:a`;
    await eventually("nobody hears it", async () => {
      return ((await server.command("PUBSUB", "NUMSUB", channel)) as [string, number])[1] === 0;
    });
    const again = await listen(there, "a");
    await here?.publish("a", 2);
    await eventually("it has come", () => again.length === 1);
    expect(got).toEqual([1]);
  });

  it.each(["ioredis 4", "ioredis 6", "redis 4", "redis 6"])("over a user's %s, and two of them", async (name) => {
    const clients = await Promise.all([1, 2, 3].map(() => opened(name, server.port)));
    for (const { close } of clients) closing.push(close);
    const [one, publisher, subscriber] = clients.map(({ client }) => client);
    if (one === undefined || publisher === undefined || subscriber === undefined) throw new Error("three were opened");
    const here = buses(1, { redis: one, name })[0];
    const there = buses(1, { redis: [publisher, subscriber], name })[0];
    const lists = [await listen(here, "a"), await listen(there, "a")];
    await here?.publish("a", 1);
    await there?.publish("a", 2);
    await eventually("all has come", () => lists.every((list) => list.length === 2));
    for (const list of lists) expect(list.map(([, data]) => data).sort()).toEqual([1, 2]);
  });
});

describe("W10: three processes of Node.js over a real server", () => {
  const EACH = 500;
  let processes: BusProcess[];

  async function startThree(redis: string): Promise<BusProcess[]> {
    processes = ["a", "b", "c"].map((name) => new BusProcess(redis, name));
    for (const each of processes) closing.push(() => each.kill());
    await Promise.all(processes.map((each) => each.ready()));
    return processes;
  }

  /** What one process sent, in order. */
  const from = (list: Numbered[], name: string) => list.filter((message) => message.from === name).map(({ i }) => i);

  it("each gets each message exactly once, in the order of its publisher", async () => {
    const three = await startThree(server.url);
    for (const each of three) each.publish(EACH);
    await eventually("all has come", () => three.every((each) => each.byPattern.length >= 3 * EACH));
    for (const each of three) each.publish(1);
    await eventually("the last has come", () => three.every((each) => each.byPattern.length >= 3 * EACH + 3));
    const numbers = [...Array.from({ length: EACH }, (_, i) => i), 0];
    for (const each of three) {
      for (const name of ["a", "b", "c"]) {
        expect(from(each.byTopic, name)).toEqual(numbers);
        expect(from(each.byPattern, name)).toEqual(numbers);
      }
      expect(each.resyncs).toEqual([]);
    }
    expect(await Promise.all(three.map((each) => each.end()))).toEqual([0, 0, 0]);
  });

  it("a killed subscriber and a server that starts anew are told as resync, and messages go on in order", async () => {
    const mortal = await startServer();
    closing.push(() => mortal.stop());
    const three = await startThree(mortal.url);
    await mortal.command("CLIENT", "KILL", "TYPE", "pubsub");
    await eventually("all are told", () => three.every((each) => each.resyncs.length === 1));
    three[0]?.publish(10);
    await eventually("all has come", () => three.every((each) => from(each.byTopic, "a").length === 10));
    await mortal.kill();
    await mortal.start();
    await eventually("all are told", () => three.every((each) => each.resyncs.length === 2));
    // The publisher's connection is another one: it may come back later.
    await eventually("messages come again", () => {
      three[0]?.publish(1);
      return three.every((each) => from(each.byTopic, "a").length > 10);
    });
    expect(three.map((each) => each.resyncs)).toEqual(Array(3).fill(Array(2).fill({ reason: "reconnected" })));
  });
});

describe("a lost connection", () => {
  it("is a resync once all subscriptions are in force again", async () => {
    const [here, there] = buses(2);
    const list = await listen(there, "a");
    const pattern = await listen(there, "a*");
    const told: unknown[] = [];
    const errors: unknown[] = [];
    there?.on("resync", async (resync) => {
      told.push(resync);
      await here?.publish("a", "after");
    });
    there?.on("error", (error) => errors.push(error));
    await killSubscribers();
    await eventually("it has come", () => list.length === 1 && pattern.length === 1);
    expect(told).toEqual([{ reason: "reconnected" }]);
    expect(errors).toEqual([expect.objectContaining({ code: "STORE_ERROR" })]);
  });

  it.each(["a URL", "ioredis 4", "ioredis 6", "redis 4", "redis 6"])(
    "of a publisher over %s, again and again: no message twice or late, and none lost that Redis has taken",
    async (kind) => {
      const redis = kind === "a URL" ? undefined : await opened(kind, server.port);
      if (redis !== undefined) closing.push(redis.close);
      const name = `publisher ${kind}`;
      const here = buses(1, redis === undefined ? { name } : { name, redis: redis.client })[0];
      // Only the other bus subscribes, so that only connections that publish are killed.
      const there = buses(1, { name })[0];
      const list = await listen(there, "a");
      const sent: Promise<number | undefined>[] = [];
      const publish = (): Promise<number | undefined> => {
        const i = sent.length;
        const one = Promise.resolve(here?.publish("a", i)).then(
          () => i,
          () => undefined,
        );
        sent.push(one);
        return one;
      };
      for (let round = 0; round < 10; round++) {
        await eventually("it publishes", async () => (await publish()) !== undefined);
        for (let i = 0; i < 50; i++) void publish();
        const killed = server.command("CLIENT", "KILL", "TYPE", "normal");
        for (let i = 0; i < 20; i++) {
          for (let j = 0; j < 5; j++) void publish();
          await pause(1);
        }
        await killed;
      }
      await eventually("it publishes", async () => (await publish()) !== undefined);
      const taken = (await Promise.all(sent)).filter((i) => i !== undefined);
      const last = taken.at(-1) ?? 0;
      await eventually("the last has come", () => list.some(([, i]) => i === last));
      const got = list.map(([, i]) => i as number);
      expect(got).toEqual([...new Set(got)].toSorted((a, b) => a - b));
      expect(taken.filter((i) => !got.includes(i))).toEqual([]);
    },
  );

  it("after which the client sends again what had arrived: it is delivered once", async () => {
    const network = await startNetwork(server.port);
    closing.push(() => network.stop());
    const { client, close } = await opened("ioredis 6", network.port);
    closing.push(close);
    const here = buses(1, { name: "again", redis: client })[0];
    const there = buses(1, { name: "again" })[0];
    const list = await listen(there, "a");
    const raw = new Redis(server.port, "127.0.0.1");
    closing.push(() => raw.disconnect());
    const onTheWire: string[] = [];
    raw.on("message", (_, text) => onTheWire.push(text.slice(-1)));
    await raw.subscribe("tollgate:bus:again:a");
    await here?.publish("a", 1);
    network.cutsNextReply = true;
    await here?.publish("a", 2);
    await here?.publish("a", 3);
    await eventually("all is on the wire", () => onTheWire.length === 4);
    await eventually("the last has come", () => list.length >= 3);
    expect(onTheWire).toEqual(["1", "2", "2", "3"]);
    expect(list.map(([, data]) => data)).toEqual([1, 2, 3]);
  });

  it("rejects what is published meanwhile, delivers it here, and sends nothing of it later", async () => {
    const mortal = await startServer();
    closing.push(() => mortal.stop());
    const [here, there] = buses(2, { redis: mortal.url, storeTimeout: 500 });
    const [local, remote] = [await listen(here, "a"), await listen(there, "a")];
    const told: unknown[] = [];
    there?.on("resync", (resync) => told.push(resync));
    await mortal.kill();
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    void here?.publish("a", "ignored");
    await expect(here?.publish("a", "lost")).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) });
    expect(local.map(([, data]) => data)).toEqual(["ignored", "lost"]);
    await eventually("both are counted", () => here?.stats().unsent === 2);
    await expect(there?.subscribe("new", () => {})).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(there?.stats().subscribers).toBe(1);
    await mortal.start();
    await eventually("the subscriber is back", () => told.length === 1);
    await eventually("it publishes", async () => {
      await here?.publish("a", "after").catch(() => {});
      return remote.length > 0;
    });
    process.off("unhandledRejection", note);
    expect(new Set(remote.map(([, data]) => data))).toEqual(new Set(["after"]));
    expect(unhandled).toEqual([]);
  });
});

describe("what comes from Redis", () => {
  it("broken, huge or doubled is dropped, and the rest goes on", async () => {
    const [here, there] = buses(2, { name: "broken" });
    const [list, pattern] = [await listen(there, "a"), await listen(there, "*")];
    const raw = new Redis(server.port, "127.0.0.1");
    closing.push(() => raw.disconnect());
    const origin = "0123456789abcdefghijkl";
    const send = (text: string) => raw.publish("tollgate:bus:broken:a", text);
    const texts = ["", "no message", `${origin}.1.{"a":`, `${origin}.0.1`, `${origin}.1`, "short.1.1"];
    for (const text of [...texts, `${origin}.1."${"x".repeat(1_048_575)}"`]) await send(text);
    for (const number of [2, 3, 2, 3, 1, 4]) await send(`${origin}.${number}.${number}`);
    await here?.publish("a", "real");
    await eventually("it has come", () => list.length >= 4 && pattern.length >= 4);
    for (const got of [list, pattern]) expect(got.map(([, data]) => data)).toEqual([2, 3, 4, "real"]);
    expect(there?.stats()).toMatchObject({ broken: 14, delivered: 8, dropped: 0 });
  });

  it("is dropped and counted for a subscriber that is too slow, and told once it goes on", async () => {
    const [here, there] = buses(2);
    const resyncs: unknown[] = [];
    there?.on("resync", (resync) => resyncs.push(resync));
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: unknown[] = [];
    await there?.subscribe("a", async (data) => {
      slow.push(data);
      await held;
    });
    const fast = await listen(there, "a");
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => here?.publish("a", i)));
    await eventually("the fast one has all", () => fast.length === 1_200);
    expect(slow).toEqual([0]);
    release();
    await eventually("the slow one has what waited", () => slow.length === 1_001);
    expect(resyncs).toEqual([{ reason: "slow", topic: "a", missed: 199 }]);
    expect(there?.stats().dropped).toBe(199);
  });
});

describe("the ends", () => {
  it("a closed bus hears nothing, refuses calls, and leaves the user's client open", async () => {
    const redis = new Redis(server.port, "127.0.0.1");
    closing.push(() => redis.disconnect());
    const [here] = buses(1, { redis });
    const list = await listen(here, "a");
    await here?.close();
    await here?.close();
    await expect(here?.publish("a", 1)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(here?.subscribe("a", () => {})).rejects.toMatchObject({ code: "CLOSED" });
    expect(await redis.ping()).toBe("PONG");
    expect(list).toEqual([]);
  });

  it("a subscription that is on its way when the bus is closed rejects", async () => {
    const [here] = buses(1, { redis: `redis://127.0.0.1:${await freePort()}` });
    const pending = here?.subscribe("a", () => {});
    const refused = expect(pending).rejects.toMatchObject({ code: expect.stringMatching(/^(?:CLOSED|STORE_)/) });
    await here?.close();
    await refused;
  });

  it("@upstash/redis is refused with a named error", () => {
    const redis = new Upstash({ url: "http://127.0.0.1:1", token: "t" }) as unknown as Redis;
    expect(() => createBus({ redis })).toThrow(
      expect.objectContaining({ code: "CONFIG_REDIS", message: expect.stringContaining("cannot subscribe") }),
    );
  });
});

describe("in a cluster", () => {
  it("messages reach buses at other nodes in order, and go on after a failover", async () => {
    const cluster = await startCluster();
    closing.push(() => cluster.stop());
    const clients = await Promise.all(
      ["ioredis 5", "redis 5", "ioredis 6", "redis 6"].map((name, i) => {
        const open = CLUSTER_CLIENTS[name] as (port: number) => Promise<Opened>;
        return open(cluster.nodes[i % 3]?.port ?? 0);
      }),
    );
    for (const { close } of clients) closing.push(close);
    const four = clients.map(({ client }) => buses(1, { name: "cluster", redis: client })[0]);
    const lists = await Promise.all(four.map((bus) => listen(bus, "a*")));
    await Promise.all(four.flatMap((bus, from) => Array.from({ length: 100 }, (_, i) => bus?.publish("a", [from, i]))));
    await eventually("all has come", () => lists.every((list) => list.length >= 400));
    for (const list of lists) {
      expect(list.length).toBe(400);
      for (const from of four.keys()) {
        const numbers = list.map(([, data]) => data as [number, number]).filter(([by]) => by === from);
        expect(numbers.map(([, i]) => i)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      }
    }
    await cluster.nodes[0]?.kill();
    await eventually("all hear all", async () => {
      for (const list of lists) list.length = 0;
      await Promise.allSettled(four.map((bus, from) => bus?.publish("after", from)));
      return lists.every((list) => new Set(list.map(([, data]) => data)).size === four.length);
    });
  });
});
