// Processes with p-ratelimit 1.0.1 and ours, in JavaScript and in Rust, on one channel.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../redis/server.js";
import { buildRustWorker, Fleet, type Kind, nowMicros, report } from "./fleet.js";

const LIMIT = 24;
const WINDOW = 1_000;
const HEARTBEAT = 1_000;

/** What p-ratelimit's windows lack, which counts in whole milliseconds; and what Rust tells a start late. */
const COARSE = 50_000;

let server: Server;
let groups = 0;

beforeAll(async () => {
  await buildRustWorker();
  server = await startServer();
}, 600_000);
afterAll(() => server.stop());

const ORDERS: [Kind, Kind][] = [
  ["original", "facade"],
  ["facade", "original"],
  ["original", "ours"],
  ["ours", "original"],
  ["ours", "rust"],
  ["rust", "ours"],
  ["rust", "original"],
];

const CASE = "%s first, then %s: each counts the other, and together they keep the quota";

test.concurrent.each(ORDERS)(
  CASE,
  async (first, second) => {
    const name = `mixed-${++groups}`;
    const fleet = new Fleet({ redis: server.url, name, limit: LIMIT, window: WINDOW, heartbeat: HEARTBEAT });
    try {
      await Promise.all([fleet.join(first), fleet.join(first)]);
      await fleet.shares(12, 12);
      const newcomer = await fleet.join(second);
      await fleet.shares(8, 8, 8);
      await pause(2 * WINDOW);
      const settled = nowMicros();
      await pause(3 * WINDOW);
      expect(fleet.most(settled, WINDOW * 1000 - COARSE)).toBeLessThanOrEqual(LIMIT);
      expect(fleet.started(settled, nowMicros())).toBeGreaterThan(2 * LIMIT * 0.8);
      const most = fleet.most(settled, WINDOW * 1000 - COARSE);
      report(`two of ${first}, then one of ${second}`, most, LIMIT, "shares 8, 8, 8");
      fleet.gone.add(newcomer);
      await newcomer.end();
      await fleet.shares(12, 12);
    } finally {
      await fleet.end();
    }
  },
  60_000,
);
