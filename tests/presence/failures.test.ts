// Redis that restarts, stalls or is away, and connections that break.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPresence, type Presence, type PresenceOptions } from "../../js/src/index.js";
import { eventually } from "../redis/cluster.js";
import { output } from "../redis/processes.js";
import { freePort, type Server, startServer } from "../redis/server.js";
import { Followed } from "./watching.js";

const SHORT = { ttl: 1_500, heartbeat: 400 };
let server: Server;
let opened: Presence<unknown>[] = [];

beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await Promise.all(opened.map((presence) => presence.close()));
  opened = [];
  await server.stop();
});

function open<T = unknown>(options: PresenceOptions = {}): Presence<T> {
  const presence = createPresence<T>({ redis: server.url, ...SHORT, ...options });
  opened.push(presence as Presence<unknown>);
  return presence;
}

test("Redis is restarted and knows nothing: the roster is rebuilt from the heartbeats, and watches follow", async () => {
  const [one, other] = [open<number>(), open<number>()];
  const place = await one.join("r", { id: "a", user: "ann", data: 1 });
  await other.join("r", { id: "b", data: 2 });
  const followed = new Followed(other, "r");
  await eventually("the snapshot is there", () => followed.changes.length > 0);
  await server.kill();
  await expect(other.members("r")).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) });
  await place.update(3);
  await server.start();
  await eventually("all are back", async () => {
    return (await other.count("r").catch(() => undefined))?.members === 2;
  });
  expect(await other.count("r")).toEqual({ members: 2, users: 1 });
  const found = (await one.members("r")).members.sort((x, y) => x.id.localeCompare(y.id));
  expect(found).toEqual([
    { id: "a", user: "ann", data: 3 },
    { id: "b", data: 2 },
  ]);
  await eventually("the watch knows", () => followed.ids.join() === "a,b" && followed.members.get("a")?.data === 3);
  await followed.end();
});

test("while Redis is away joins are kept, reads reject, and all is registered when it is there", async () => {
  const port = await freePort();
  const presence = open({ redis: `redis://127.0.0.1:${port}` });
  const errors: unknown[] = [];
  presence.on("error", (error) => errors.push(error));
  const places = await Promise.all(["a", "b", "c"].map((id) => presence.join("r", { id })));
  await places[1]?.leave();
  await expect(presence.members("r")).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) });
  await expect(presence.has("r", "a")).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) });
  expect(errors.length).toBeGreaterThan(0);
  const late = await startServer({ port });
  try {
    await eventually("they are there", async () => {
      return (await presence.count("r").catch(() => undefined))?.members === 2;
    });
    expect((await presence.members("r")).members.map(({ id }) => id).sort()).toEqual(["a", "c"]);
    await presence.close();
  } finally {
    await late.stop();
  }
});

test("a change that Redis did not hear is said again", async () => {
  const [one, other] = [open<number>({ ttl: "1m" }), open<number>({ ttl: "1m" })];
  const place = await one.join("r", { id: "a", data: 1 });
  const leaving = await one.join("r", { id: "b", data: 1 });
  server.stall();
  await Promise.all([place.update(2), leaving.leave()]);
  server.resume();
  await eventually("both are heard", async () => {
    const found = await other.members("r").catch(() => undefined);
    return JSON.stringify(found?.members) === '[{"id":"a","data":2}]';
  });
  expect(await other.has("r", "b")).toBe(false);
});

test("a leave that was not even sent is said later, also where nobody else is left in the process", async () => {
  // No heartbeat is out or due before it leaves.
  const [one, other] = [open({ ttl: "1m", heartbeat: "3s" }), open({ ttl: "1m", heartbeat: "3s" })];
  const place = await one.join("r", { id: "a" });
  server.stall();
  await eventually("Redis is left alone", async () => {
    const code = await one.count("r").catch((error) => error.code);
    return code === "STORE_UNAVAILABLE";
  });
  await place.leave();
  server.resume();
  await eventually("it is heard", async () => (await other.has("r", "a").catch(() => true)) === false);
});

test("the subscriber's connection is killed: the watch gets a fresh snapshot, as a difference", async () => {
  const [one, other] = [open<number>({ name: "w", ttl: "1m" }), open<number>({ name: "w", ttl: "1m" })];
  const places = await Promise.all(["a", "b", "c"].map((id) => one.join("r", { id, data: 1 })));
  const followed = new Followed(other, "r");
  await eventually("the snapshot is there", () => followed.ids.length === 3);
  for (let round = 0; round < 5; round++) {
    const changes = [one.join("r", { id: `new ${round}`, data: round }), places[0]?.update(10 + round)];
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    await Promise.all([...changes, one.join("r", { id: `later ${round}`, data: round })]);
  }
  await places[1]?.leave();
  const found = async () => (await one.members("r")).members.map(({ id }) => id).sort();
  await eventually("they agree", async () => {
    return followed.members.get("a")?.data === 14 && followed.ids.join() === (await found()).join();
  });
  expect(followed.ids.length).toBe(12);
  await followed.end();
});

test("neither timers nor connections hold a process that has members", async () => {
  expect(await output("../presence/ends.mjs", server.url)).toBe("joined");
});

test("keys that are something else reject reads by name, and stop nobody", async () => {
  const presence = open();
  await server.command("SET", "{tollgate:default:presence:0}:who:r", "something else");
  await expect(presence.members("r")).rejects.toMatchObject({ code: "STORE_ERROR" });
  await presence.join("other", { id: "a" });
  expect(await presence.has("other", "a")).toBe(true);
});
