// What processes do when Redis goes, or their connection to it.
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createPacer } from "../../js/src/index.js";
import { freePort, type Server, startServer } from "../redis/server.js";
import { Fleet, nowMicros, report, until } from "./fleet.js";

const LIMIT = 30;
const WINDOW = 1_000;
const HEARTBEAT = 1_000;

let server: Server;
let fleet: Fleet;

async function formed(): Promise<Fleet> {
  server = await startServer();
  fleet = new Fleet({ redis: server.url, name: "outage", limit: LIMIT, window: WINDOW, heartbeat: HEARTBEAT });
  await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
  await fleet.shares(10, 10, 10);
  return fleet;
}

afterEach(async () => {
  await fleet?.end();
  await server?.stop();
});

test("while Redis is away nothing starts once the shares have ended; afterwards they are as before", async () => {
  await formed();
  await server.kill();
  await until("all are cut off", () => fleet.members.every((member) => member.last("fenced") === "true"));
  const cutOff = nowMicros();
  await pause(1_500);
  expect(fleet.started(cutOff + 100_000, nowMicros())).toBe(0);
  await server.start();
  await fleet.shares(10, 10, 10);
  await pause(WINDOW);
  expect(fleet.most()).toBeLessThanOrEqual(LIMIT);
  expect(fleet.members.every((member) => member.last("error") !== undefined)).toBe(true);
  report("Redis away for longer than a heartbeat", fleet.most(), LIMIT, "0 starts once cut off");
}, 60_000);

test("a restart of Redis costs nobody more than the quota", async () => {
  await formed();
  await server.kill();
  await server.start();
  await pause(2 * HEARTBEAT);
  await fleet.shares(10, 10, 10);
  await pause(2 * WINDOW);
  expect(fleet.most()).toBeLessThanOrEqual(LIMIT);
  report("Redis restarted", fleet.most(), LIMIT);
}, 60_000);

test("subscribers whose connections are cut come back, and nobody is counted twice", async () => {
  await formed();
  await server.command("CLIENT", "KILL", "TYPE", "pubsub");
  await pause(3 * HEARTBEAT);
  await fleet.shares(10, 10, 10);
  expect(fleet.members.map(({ peers }) => peers)).toEqual([3, 3, 3]);
  expect(fleet.most()).toBeLessThanOrEqual(LIMIT);
  report("subscribers' connections cut", fleet.most(), LIMIT, "each still counts three");
}, 60_000);

test("where Redis was never there, errors say so and calls wait for their maxDelay", async () => {
  const redis = `redis://127.0.0.1:${await freePort()}`;
  const pacer = createPacer({ name: "nowhere", limit: 5, window: "1s", redis, maxDelay: "500ms" });
  const errors: Error[] = [];
  pacer.on("error", (error) => errors.push(error));
  await expect(pacer(() => "never")).rejects.toMatchObject({ code: "TIMEOUT" });
  await until("an error was told", () => errors.length > 0);
  expect(errors[0]).toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(pacer.stats()).toMatchObject({ share: 0, quota: 5, peers: 1 });
  await pacer.close();
});

test("a Redis that comes later is found", async () => {
  const port = await freePort();
  const pacer = createPacer({ name: "later", limit: 5, window: "1s", redis: `redis://127.0.0.1:${port}` });
  const errors: Error[] = [];
  pacer.on("error", (error) => errors.push(error));
  const call = pacer(() => "at last");
  await until("an error was told", () => errors.length > 0);
  server = await startServer({ port });
  expect(await call).toBe("at last");
  await pacer.close();
});
