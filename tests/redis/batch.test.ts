import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { Batcher } from "../../js/src/redis/batch.js";
import { commandsOf } from "../../js/src/redis/clients.js";
import { linkOf } from "../../js/src/redis/link.js";
import { CLIENTS, opened } from "./clients.js";
import { eventually } from "./cluster.js";
import { type Network, startNetwork } from "./network.js";
import { type Server, startServer } from "./server.js";

/** Counts each key; an argument of "slow" keeps the server busy for 60 ms. */
const source = `
  if ARGV[2] == 'slow' then
    local from = redis.call('TIME')
    repeat local now = redis.call('TIME') until (now[1] - from[1]) * 1000000 + now[2] - from[2] > 60000
  end
  local counts = { 0 }
  for i = 1, #KEYS do counts[i + 1] = redis.call('INCR', KEYS[i]) end
  return counts`;
const sha1 = createHash("sha1").update(source).digest("hex");
const script = { source, sha1, head: ["head"], commands: 2, usualArg: "" };

let server: Server;
let proxy: Network;
beforeAll(async () => {
  server = await startServer();
  proxy = await startNetwork(server.port);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});
beforeEach(async () => {
  await server.command("FLUSHALL");
  await server.command("CONFIG", "RESETSTAT");
  proxy.isSilent = false;
  proxy.delayMs = 0;
});

function batcher(client: object, timeoutMs = 5_000) {
  return new Batcher(linkOf(commandsOf(client)), script, 0, timeoutMs, () => {});
}

function ask(to: Batcher, key: string, arg = ""): Promise<number> {
  return new Promise((resolve, reject) => {
    to.add({ keys: [key], arg, answer: (reply, i) => resolve((reply as number[])[i + 1] as number), fail: reject });
  });
}

async function callsSeen(): Promise<number> {
  const stats = String(await server.command("INFO", "commandstats"));
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

const code = (outcome: Promise<unknown>) =>
  outcome.then(
    () => "answered",
    (error) => error.code as string,
  );

async function connected(port: number, close: (run: () => void) => void): Promise<Redis> {
  const client = new Redis(port, "127.0.0.1");
  client.on("error", () => {});
  close(() => client.disconnect());
  await new Promise<void>((resolve) => client.once("ready", resolve));
  return client;
}

it("what is asked in one turn travels together: in two halves, where nothing is out", async ({ onTestFinished }) => {
  const to = batcher(await connected(server.port, onTestFinished));
  await ask(to, "loads the script");
  const before = await callsSeen();
  const counts = await Promise.all(Array.from({ length: 100 }, () => ask(to, "key")));
  expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect((await callsSeen()) - before).toBe(2);
  await Promise.all(Array.from({ length: 8 }, () => ask(to, "key")));
  expect((await callsSeen()) - before).toBe(3);
});

it("where nothing is out, a call leaves at once, and what this turn still asks for gathers behind it", async ({
  onTestFinished,
}) => {
  const to = batcher(await connected(server.port, onTestFinished));
  await ask(to, "loads the script");
  const before = await callsSeen();
  const later = () => new Promise<void>((resolve) => process.nextTick(resolve));
  const all = [ask(to, "key")];
  await later();
  all.push(ask(to, "key"));
  await later();
  all.push(ask(to, "key"));
  expect(await Promise.all(all)).toEqual([1, 2, 3]);
  expect((await callsSeen()) - before).toBe(2);
});

it("a call says nothing about each question where all of them are the usual one", async ({ onTestFinished }) => {
  const client = await connected(server.port, onTestFinished);
  const to = batcher(client);
  const asked = async (...args: string[]) => {
    const sent = vi.spyOn(client, "evalsha");
    await Promise.all(args.map((arg) => ask(to, "key", arg)));
    return sent.mock.lastCall?.at(-1);
  };
  expect(await asked("", "", "")).toEqual(["head"]);
  expect(await asked("", "other", "")).toEqual(["head", "", "other", ""]);
});

it("no call runs more than 256 commands", async ({ onTestFinished }) => {
  const to = batcher(await connected(server.port, onTestFinished));
  await ask(to, "loads the script");
  const before = await callsSeen();
  await Promise.all(Array.from({ length: 1 + 128 * 3 }, (_, i) => ask(to, `key ${i}`)));
  expect((await callsSeen()) - before).toBe(4);
});

it("answers what is asked together with other questions, each its own", async ({ onTestFinished }) => {
  const to = batcher(await connected(server.port, onTestFinished));
  const asked = Array.from({ length: 1_000 }, (_, i) => ask(to, `key ${i % 10}`));
  const counts = await Promise.all(asked);
  for (let key = 0; key < 10; key++) {
    const own = counts.filter((_, i) => i % 10 === key).sort((a, b) => a - b);
    expect(own).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  }
});

it("a script that the server has forgotten is told again, and runs once", async ({ onTestFinished }) => {
  const to = batcher(await connected(server.port, onTestFinished));
  await ask(to, "key");
  await server.command("SCRIPT", "FLUSH");
  expect(await Promise.all([ask(to, "key"), ask(to, "key"), ask(to, "key")])).toEqual([2, 3, 4]);
});

it("nobody waits longer than the deadline, and after some failures nobody waits", async ({ onTestFinished }) => {
  const client = await connected(proxy.port, onTestFinished);
  const to = batcher(client, 100);
  await ask(to, "key");
  proxy.isSilent = true;
  for (let failure = 0; failure < 3; failure++) expect(await code(ask(to, "key"))).toBe("STORE_TIMEOUT");
  const refused = await Promise.all(Array.from({ length: 20 }, () => code(ask(to, "key"))));
  expect(refused).toEqual(Array(20).fill("STORE_UNAVAILABLE"));
  proxy.isSilent = false;
  // What was held back is lost with the connection; the next one serves.
  proxy.cut();
  await eventually("a probe is answered", async () => (await code(ask(to, "key"))) === "answered");
});

it("what was not sent within the deadline is never sent", async ({ onTestFinished }) => {
  proxy.isSilent = true;
  const client = new Redis(proxy.port, "127.0.0.1");
  client.on("error", () => {});
  onTestFinished(() => client.disconnect());
  const to = batcher(client, 50);
  const outcomes = await Promise.all(Array.from({ length: 300 }, () => code(ask(to, "late"))));
  expect(new Set(outcomes)).not.toContain("answered");
  proxy.isSilent = false;
  proxy.cut();
  await eventually("it is connected", () => client.status === "ready");
  await eventually("it serves", async () => (await code(ask(to, "key"))) === "answered");
  expect(await server.command("EXISTS", "late")).toBe(0);
});

it("a client that its user has closed fails at once", async ({ onTestFinished }) => {
  const client = await connected(server.port, onTestFinished);
  const to = batcher(client);
  await ask(to, "key");
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  client.disconnect();
  expect(await code(ask(to, "key"))).toBe("STORE_ERROR");
  await ended;
  expect(await code(ask(to, "key"))).toBe("STORE_UNAVAILABLE");
});

it("a connection that breaks under a call is an error at once, not at the deadline", async ({ onTestFinished }) => {
  const { client, close } = await opened("redis 6", proxy.port);
  onTestFinished(close);
  const to = batcher(client, 60_000);
  await ask(to, "key");
  proxy.cutsNextReply = true;
  expect(await code(ask(to, "key"))).toBe("STORE_ERROR");
  expect(await server.command("GET", "key")).toBe("2");
});

it("a client that is connecting is waited for", async ({ onTestFinished }) => {
  const client = new Redis(server.port, "127.0.0.1", { lazyConnect: true });
  onTestFinished(() => client.disconnect());
  expect(await ask(batcher(client), "key")).toBe(1);
});

it("a client that never connects is not waited for longer than the deadline", async ({ onTestFinished }) => {
  proxy.isSilent = true;
  const client = new Redis(proxy.port, "127.0.0.1");
  client.on("error", () => {});
  onTestFinished(() => client.disconnect());
  expect(await code(ask(batcher(client, 100), "key"))).toBe("STORE_UNAVAILABLE");
});

it.each(Object.keys(CLIENTS))("%s carries batches", async (name) => {
  const { client, close } = await opened(name, server.port);
  try {
    const to = batcher(client);
    const counts = await Promise.all(Array.from({ length: 10 }, () => ask(to, "key")));
    expect(counts.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  } finally {
    await close();
  }
});
