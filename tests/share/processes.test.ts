// Real processes that share a quota over a real Redis: what they start together, in any window.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../redis/server.js";
import { Fleet, nowMicros, type Terms, until } from "./fleet.js";

const LIMIT = 30;
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

function formed(more: Partial<Terms> = {}): Fleet {
  const name = `group-${++groups}`;
  fleet = new Fleet({ redis: server.url, name, limit: LIMIT, window: WINDOW, heartbeat: HEARTBEAT, ...more });
  return fleet;
}

describe("processes that share a quota", () => {
  test("three of them never start more than the quota, and use it", async () => {
    const { terms } = formed();
    await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
    await fleet.shares(10, 10, 10);
    const from = nowMicros();
    await pause(4_000);
    expect(fleet.most()).toBeLessThanOrEqual(terms.limit);
    // A window that lasts from one heartbeat to another on a busy machine may lose some.
    expect(fleet.started(from, from + 3_000_000)).toBeGreaterThanOrEqual(LIMIT * 3 * 0.8);
  });

  test("with a fast start they start at most as often as there are processes, then the quota", async () => {
    formed({ fastStart: true });
    await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
    await fleet.shares(10, 10, 10);
    await pause(3_500 + WINDOW);
    const settled = nowMicros();
    await pause(2_000);
    expect(fleet.most()).toBeLessThanOrEqual(3 * LIMIT);
    expect(fleet.most(settled)).toBeLessThanOrEqual(LIMIT);
    expect(fleet.started(settled, nowMicros())).toBeGreaterThan(LIMIT);
  });

  test("the share of one that was killed comes back", async () => {
    formed();
    const [first] = await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
    await fleet.shares(10, 10, 10);
    first.signal("SIGKILL");
    fleet.gone.add(first);
    const took = await until("the others have its share", () =>
      fleet.members.slice(1).every(({ share }) => share === 15),
    );
    // 3 heartbeats, the time a message takes, and a window; and what a busy machine is late.
    expect(took).toBeLessThan(3 * HEARTBEAT + HEARTBEAT / 8 + WINDOW + 3_000);
    expect(fleet.most()).toBeLessThanOrEqual(LIMIT);
  });

  test("one that stood still for longer than three heartbeats starts nothing with its old share", async () => {
    formed();
    const [first] = await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
    await fleet.shares(10, 10, 10);
    first.signal("SIGSTOP");
    await until("the others have its share", () => fleet.members.slice(1).every(({ share }) => share === 15));
    first.signal("SIGCONT");
    await until("it was cut off", () => first.told.some(({ what, value }) => what === "fenced" && value === "true"));
    await until("it is back", () => first.last("fenced") === "false");
    await fleet.shares(10, 10, 10);
    await pause(WINDOW);
    expect(fleet.most()).toBeLessThanOrEqual(LIMIT);
  });

  test("who closes gives its share back at once", async () => {
    formed();
    const [first] = await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
    await fleet.shares(10, 10, 10);
    fleet.gone.add(first);
    await first.close();
    const took = await until("the others have its share", () =>
      fleet.members.slice(1).every(({ share }) => share === 15),
    );
    // Not only when it would have been missed.
    expect(took).toBeLessThan(3 * HEARTBEAT);
    expect(fleet.most()).toBeLessThanOrEqual(LIMIT);
  });

  test("where there is less than one for each, all take their turns", async () => {
    formed({ limit: 2, window: 300, heartbeat: 400 });
    await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
    await until("all have started something", () => fleet.members.every(({ starts }) => starts.length > 0));
    expect(fleet.most()).toBeLessThanOrEqual(2);
  }, 60_000);
});
