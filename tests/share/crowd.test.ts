// Many members over one Redis, and what others write to their channels.
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { machines } from "../../js/src/machines.js";
import { SharedQuota, type ShareHost } from "../../js/src/share/shared-quota.js";
import { type Server, startServer } from "../redis/server.js";
import { until } from "./fleet.js";

const MEMBERS = 50;

let server: Server;
let listening: Redis;
const group: SharedQuota[] = [];

beforeAll(async () => {
  server = await startServer();
  listening = new Redis(server.port, "127.0.0.1");
});
afterEach(async () => {
  await Promise.all(group.splice(0).map((member) => member.close()));
});
afterAll(async () => {
  listening.disconnect();
  await server.stop();
});

function host(): ShareHost & { conflicts: string[] } {
  const nothing = () => {};
  const conflicts: string[] = [];
  return {
    conflicts,
    queues: () => [],
    share: nothing,
    members: nothing,
    fenced: nothing,
    conflict: (_ours, theirs) => conflicts.push(theirs),
    error: nothing,
    starved: nothing,
  };
}

function joined(name: string, limit = 100, told = host()): SharedQuota {
  const peers = {
    limits: [limit],
    intervalMicros: 1e6,
    split: "even",
    least: 0,
    fastStart: false,
    strictStart: false,
  } as const;
  const member = new SharedQuota({
    redis: server.url,
    channel: `ratelimit-${name}`,
    peers: { ...peers, limits: [...peers.limits], heartbeatMicros: 30e6 },
  });
  group.push(member);
  member.start(told);
  return member;
}

test("fifty that join at once find each other without a storm of messages", async () => {
  const heard: string[] = [];
  await listening.subscribe("ratelimit-crowd", "ratelimit-crowd:x");
  const hear = (_channel: string, message: string) => heard.push(message);
  listening.on("message", hear);
  const began = performance.now();
  for (let i = 0; i < MEMBERS; i++) joined("crowd");
  await until("all know all", () => group.every(({ members }) => members === MEMBERS));
  await until("all are ready", () => group.every(({ isReady }) => isReady));
  listening.off("message", hear);
  expect(group.map(({ shares }) => shares[0])).toEqual(Array(MEMBERS).fill(2));
  // A hello, a ping and one that confirms; and who has somebody to answer does so once in 125 ms. p-ratelimit sends 2,500.
  const answers = Math.ceil((performance.now() - began) / 125);
  expect(heard.length).toBeLessThanOrEqual(MEMBERS * (3 + answers));
  const settled = heard.length;
  await pause(500);
  expect(heard.length).toBe(settled);
});

test("what is no message of the group is counted and ignored", async () => {
  const member = joined("garbage");
  await until("it is ready", () => member.isReady);
  const garbage = ["", "garbage", "{", "12345", "[]", "null", "{}", '"'.repeat(3), `"${"x".repeat(100_000)}"`];
  for (const message of garbage) await listeningPublish("ratelimit-garbage", message);
  for (const message of ["garbage", '{"v":2,"bye":"a"}', '{"v":1}']) {
    await listeningPublish("ratelimit-garbage:x", message);
  }
  await until("all have been counted", () => member.ignored === garbage.length + 3);
  expect(member.members).toBe(1);
  expect(member.shares).toEqual([100]);
});

test("a copy of its own id changes nothing", async () => {
  const ids: string[] = [];
  const spy = new Redis(server.port, "127.0.0.1");
  await spy.subscribe("ratelimit-echo");
  spy.on("message", (_channel: string, message: string) => ids.push(message));
  const member = joined("echo");
  await until("it has told its id", () => ids.length > 0);
  for (let i = 0; i < 10; i++) await listeningPublish("ratelimit-echo", ids[0] as string);
  await until("it is ready", () => member.isReady);
  expect(member.members).toBe(1);
  spy.disconnect();
});

test("members that disagree on the quota are told so", async () => {
  const [a, b] = [host(), host()];
  joined("conflict", 100, a);
  await pause(200);
  joined("conflict", 50, b);
  await until("one knows", () => a.conflicts.length > 0);
  expect(a.conflicts[0]).toBe("50 per 1000 ms");
});

test("the share is asked for when it is used", () => {
  const peers = machines.createPeers(
    {
      limits: [10],
      intervalMicros: 1000,
      split: "even",
      least: 0,
      fastStart: false,
      strictStart: false,
      heartbeatMicros: 300_000,
    },
    "a",
  );
  peers.subscribed(0, 0);
  const { id } = JSON.parse(peers.drain(0, 0));
  peers.message(true, JSON.stringify(id), 1, 1);
  let now = 0;
  let share = 0;
  for (; share === 0 && now < 10e6; now += 50_000) {
    const news = JSON.parse(peers.drain(now, now));
    for (const [isMain, message] of news.send) if (isMain) peers.message(true, message, now, now);
    share = JSON.parse(peers.drain(now, now)).shares[0];
  }
  expect(share).toBe(10);
  expect(peers.stands(now, now)).toBe(true);
  // No timer has fired, and the wall clock alone says that time has passed.
  expect(peers.stands(now, now + 400_000)).toBe(false);
  expect(JSON.parse(peers.drain(now, now + 400_000)).shares).toEqual([0]);
});

async function listeningPublish(channel: string, message: string): Promise<void> {
  const client = new Redis(server.port, "127.0.0.1");
  await client.publish(channel, message);
  client.disconnect();
}
