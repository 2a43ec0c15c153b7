// Processes with p-ratelimit 1.0.1 and ours on one channel.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../redis/server.js";
import { Fleet, type Kind, nowMicros } from "./fleet.js";

const LIMIT = 24;
const WINDOW = 1_000;
const HEARTBEAT = 1_000;

let server: Server;
let fleet: Fleet;
let groups = 0;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
afterEach(() => fleet.end());

const ORDERS: [Kind, Kind][] = [
  ["original", "facade"],
  ["facade", "original"],
  ["original", "ours"],
  ["ours", "original"],
];

test.each(ORDERS)(
  "%s first, then %s: each counts the other, and together they keep the quota",
  async (first, second) => {
    fleet = new Fleet({
      redis: server.url,
      name: `mixed-${++groups}`,
      limit: LIMIT,
      window: WINDOW,
      heartbeat: HEARTBEAT,
    });
    await Promise.all([fleet.join(first), fleet.join(first)]);
    await fleet.shares(12, 12);
    const newcomer = await fleet.join(second);
    await fleet.shares(8, 8, 8);
    await pause(2 * WINDOW);
    const settled = nowMicros();
    await pause(3 * WINDOW);
    expect(fleet.most(settled)).toBeLessThanOrEqual(LIMIT);
    expect(fleet.started(settled, nowMicros())).toBeGreaterThan(2 * LIMIT * 0.8);

    fleet.gone.add(newcomer);
    await newcomer.end();
    await fleet.shares(12, 12);
  },
);
