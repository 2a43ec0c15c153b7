// Real processes that share a quota over a real Redis: what they start together, in any window.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../redis/server.js";
import { Fleet, type Member, nowMicros, report, type Terms, until } from "./fleet.js";

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
    await pause(WINDOW);
    const from = nowMicros();
    await pause(3_100);
    expect(fleet.most()).toBeLessThanOrEqual(terms.limit);
    // A window that lasts from one heartbeat to another on a busy machine may lose some.
    const used = fleet.started(from, from + 3_000_000);
    expect(used).toBeGreaterThanOrEqual(LIMIT * 3 * 0.8);
    report("three processes, always busy", fleet.most(), LIMIT, `${used} starts in 3 windows`);
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
    report("the same with a fast start", fleet.most(), LIMIT, `${fleet.most(settled)} once settled`);
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
    report("one killed", fleet.most(), LIMIT, `its share was back after ${took} ms`);
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
    report("one stopped for more than three heartbeats, then resumed", fleet.most(), LIMIT);
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
    report("one closed", fleet.most(), LIMIT, `its share was back after ${took} ms`);
  });

  test("where there is less than one for each, all take their turns", async () => {
    formed({ limit: 2, window: 300, heartbeat: 400 });
    await Promise.all([fleet.join(), fleet.join(), fleet.join()]);
    await fleet.shares(1, 1, 0);
    const from = nowMicros();
    const hasStarted = ({ starts }: Member) => starts.some((at) => at > from);
    const took = await until("all have started", () => fleet.members.every(hasStarted));
    expect(fleet.most()).toBeLessThanOrEqual(2);
    report("three processes, a quota of two", fleet.most(), 2, `all had started something after ${took} ms`);
  }, 60_000);
});
