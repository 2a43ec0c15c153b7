// W5 to W8: the roster in a real Redis.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createPresence, type Presence, type PresenceOptions } from "../../js/src/index.js";
import { eventually } from "../redis/cluster.js";
import { type Server, startServer } from "../redis/server.js";
import { startPeer } from "./processes.js";
import { Followed } from "./watching.js";

const SHORT = { ttl: 1_500, heartbeat: 400, storeTimeout: 5_000 };
let server: Server;
let opened: Presence<unknown>[] = [];
let names = 0;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
afterEach(async () => {
  await Promise.all(opened.map((presence) => presence.close()));
  opened = [];
});

function fresh(): string {
  return `test-${++names}`;
}

function open<T = unknown>(options: PresenceOptions): Presence<T> {
  const presence = createPresence<T>({ redis: server.url, ...SHORT, ...options });
  opened.push(presence as Presence<unknown>);
  return presence;
}

/** What Redis's own clock says. */
async function redisMillis(): Promise<number> {
  const [seconds = 0, micros = 0] = ((await server.command("TIME")) as string[]).map(Number);
  return seconds * 1_000 + Math.floor(micros / 1_000);
}

const key = (name: string, part: string, room: string) => `{tollgate:${name}:presence:0}:${part}:${room}`;

test("W5: a room is a sorted set of ids by expiry, and a hash of ids to identities", async () => {
  const name = fresh();
  await open({ name }).join("lobby", { id: "c1", user: "ann", data: { name: "Ann" } });
  expect(await server.command("ZRANGE", key(name, "expiry", "lobby"), 0, -1)).toEqual(["c1"]);
  const left = Number(await server.command("ZSCORE", key(name, "expiry", "lobby"), "c1")) - (await redisMillis());
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(SHORT.ttl);
  expect(await server.command("HKEYS", key(name, "who", "lobby"))).toEqual(["c1"]);
  expect(await server.command("HGET", key(name, "who", "lobby"), "c1")).toMatch(/ 3 ann\{"name":"Ann"\}$/);
});

test("W6: heartbeats push the expiry forward, for longer than a TTL", async () => {
  const name = fresh();
  await open({ name }).join("lobby", { id: "c1" });
  const score = async () => Number(await server.command("ZSCORE", key(name, "expiry", "lobby"), "c1"));
  const first = await score();
  await eventually("it outlived its TTL", async () => (await score()) > first + 2 * SHORT.ttl);
  expect(await open({ name }).has("lobby", "c1")).toBe(true);
});

test("W6, W10: members of a process that crashed age out after their TTL, though nobody sweeps their room by name", async () => {
  const name = fresh();
  const crashing = await startPeer(server.url, { ...SHORT, name });
  await crashing.do("join", { room: "only theirs", id: "c1" });
  const presence = open({ name });
  const left: unknown[] = [];
  presence.on("leave", (event) => left.push(event));
  expect(await presence.has("only theirs", "c1")).toBe(true);
  await crashing.kill();
  await eventually("it has expired", () => left.length > 0);
  expect(left).toEqual([{ room: "only theirs", member: { id: "c1", data: null }, reason: "expired" }]);
  expect(await presence.count("only theirs")).toEqual({ members: 0, users: 0 });
});

test("W7: reading evicts who has expired, though nobody has swept", async () => {
  const name = fresh();
  const crashing = await startPeer(server.url, { ...SHORT, ttl: 600, heartbeat: 200, name });
  await crashing.do("join", { room: "lobby", id: "c1" });
  await crashing.kill();
  // Its own rounds are hours away: only the read can do it.
  const presence = open({ name, ttl: "1d", heartbeat: "12h" });
  await eventually("it is not listed", async () => (await presence.members("lobby")).members.length === 0);
  expect(await server.command("ZCARD", key(name, "expiry", "lobby"))).toBe(0);
  expect(await server.command("HLEN", key(name, "who", "lobby"))).toBe(0);
});

test("W8: the TTL is 30 s unless it is given", async () => {
  const name = fresh();
  const presence = createPresence({ redis: server.url, name });
  opened.push(presence);
  await presence.join("lobby", { id: "c1" });
  const left = Number(await server.command("ZSCORE", key(name, "expiry", "lobby"), "c1")) - (await redisMillis());
  expect(left).toBeGreaterThan(20_000);
  expect(left).toBeLessThanOrEqual(30_000);
});

test("W8: a heartbeat that is not shorter than the TTL is refused", () => {
  expect(() => open({ ttl: "1s", heartbeat: "1s" })).toThrow(expect.objectContaining({ code: "CONFIG_HEARTBEAT" }));
});

describe("members", () => {
  test("are seen by another presence, with users, data and updates", async () => {
    const name = fresh();
    const [one, other] = [open<{ n: number }>({ name }), open<{ n: number }>({ name })];
    const events: string[] = [];
    for (const event of ["join", "update", "leave", "user-join", "user-leave"] as const) {
      other.on(event, ({ member }) => events.push(`${event} ${member.id} ${member.data.n}`));
    }
    await other.join("warm", { id: "w", data: { n: 0 } });
    const first = await one.join("r", { id: "a", user: "ann", data: { n: 1 } });
    const second = await one.join("r", { id: "b", user: "ann", data: { n: 2 } });
    expect(await other.count("r")).toEqual({ members: 2, users: 1 });
    await first.update({ n: 3 });
    await first.leave();
    await second.leave();
    await eventually("all is told", () => events.includes("user-leave b 2"));
    expect(events.slice(1)).toEqual([
      "join a 1",
      "user-join a 1",
      "join b 2",
      "update a 3",
      "leave a 3",
      "leave b 2",
      "user-leave b 2",
    ]);
    expect(await other.has("r", "a")).toBe(false);
  });

  test("are paged, each once", async () => {
    const presence = open({ name: fresh() });
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => presence.join("big", { id: `c${i}` })));
    const found: string[] = [];
    let cursor = "";
    do {
      const page = await presence.members("big", { limit: 300, cursor });
      found.push(...page.members.map((member) => member.id));
      cursor = page.cursor ?? "";
    } while (cursor !== "");
    expect(new Set(found).size).toBe(1_200);
    expect((await presence.members("big", { limit: 5_000 })).members.length).toBe(1_200);
    await expect(presence.members("big", { cursor: "x" })).rejects.toMatchObject({ code: "CONFIG_CURSOR" });
  });

  test("keep any data and any name", async () => {
    const name = fresh();
    const presence = open<unknown>({ name });
    const data = { text: '"\\\n\0 {} é 🦀', list: [1, null, { a: "]" }] };
    await presence.join("r {}*", { id: "\0 1", user: "u\x01", data });
    expect((await open<unknown>({ name }).members("r {}*")).members).toEqual([{ id: "\0 1", user: "u\x01", data }]);
    await expect(presence.join("r", { data: "x".repeat(5_000) })).rejects.toMatchObject({ code: "CONFIG_DATA" });
    await expect(presence.join("", {})).rejects.toMatchObject({ code: "CONFIG_ROOM" });
    await expect(presence.join("r", { id: "" })).rejects.toMatchObject({ code: "CONFIG_ID" });
  });

  test("leave when their presence is closed", async () => {
    const name = fresh();
    const [one, other] = [open({ name, ttl: "1h" }), open({ name })];
    for (let i = 0; i < 200; i++) await one.join("r", { id: `c${i}` });
    await one.close();
    expect(await other.count("r")).toEqual({ members: 0, users: 0 });
    await expect(one.join("r", {})).rejects.toMatchObject({ code: "CLOSED" });
  });
});

test("a late leave and a late update of an old session do nothing", async () => {
  const name = fresh();
  const [one, other] = [open<number>({ name }), open<number>({ name })];
  const old = await one.join("r", { id: "phone", data: 1 });
  await other.join("r", { id: "phone", data: 2 });
  await expect(old.update(3)).rejects.toMatchObject({ code: "CLOSED" });
  await old.leave();
  expect((await other.members("r")).members).toEqual([{ id: "phone", data: 2 }]);
});

test("with a grace, who comes back in another process was never away", async () => {
  const name = fresh();
  const [one, other] = [open({ name, grace: "20s" }), open({ name, grace: "20s" })];
  const told: string[] = [];
  other.on("join", () => told.push("join"));
  other.on("leave", () => told.push("leave"));
  // From here on it hears.
  await other.join("warm", { id: "w" });
  const place = await one.join("r", { id: "a" });
  await place.leave();
  expect(await other.has("r", "a")).toBe(true);
  await other.join("r", { id: "a" });
  await other.join("r", { id: "b" });
  await eventually("all is told", () => told.length >= 3);
  expect(told).toEqual(["join", "join", "join"]);
});

test("a watch begins with everybody, and then tells what changes", async () => {
  const name = fresh();
  const [one, other] = [open<number>({ name }), open<number>({ name })];
  await Promise.all(Array.from({ length: 600 }, (_, i) => one.join("r", { id: `c${i}`, data: 0 })));
  const followed = new Followed(other, "r");
  await eventually("the snapshot is there", () => followed.changes.length > 0);
  expect(followed.ids.length).toBe(600);
  const place = await one.join("r", { id: "new", data: 1 });
  await place.update(2);
  await eventually("the update is told", () => followed.members.get("new")?.data === 2);
  await place.leave();
  await eventually("the leave is told", () => !followed.members.has("new"));
  await followed.end();
});

test("messages of others are dropped and told as errors", async () => {
  const name = fresh();
  const presence = open({ name });
  const errors: unknown[] = [];
  presence.on("error", (error) => errors.push((error as { code: string }).code));
  const followed = new Followed(presence, "r");
  await eventually("it watches", () => followed.changes.length > 0);
  for (const message of ["hello", "2 1 joined 1 c0 {broken"]) {
    await server.command("PUBLISH", `tollgate:${name}:presence:r`, message);
  }
  await eventually("both are told", () => errors.length === 2);
  expect(errors).toEqual(["STORE_MESSAGE", "STORE_MESSAGE"]);
  await presence.join("r", { id: "a" });
  await eventually("the watch goes on", () => followed.ids.includes("a"));
  await followed.end();
});
