import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Listeners } from "../src/events.js";
import { KeyedQueues } from "../src/pacer/keyed.js";
import { pacerSettings } from "../src/pacer/options.js";
import { CallQueue } from "../src/pacer/queue.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settings = pacerSettings({ limit: 1, window: "1s" });
const make = () => new CallQueue(settings, new Listeners(), { onError: () => undefined, onSuccess: () => {} });

it("a queue of a key that is idle is forgotten, and one that counts or waits is not", async () => {
  const keyed = new KeyedQueues(make);
  const used = keyed.get("used");
  await used.pace(() => {});
  const waiting = keyed.get("waiting").pace(() => {});
  const paused = keyed.get("paused");
  paused.pause(60_000_000, "test");
  for (let i = 0; i < 1_000; i++) keyed.get(`once ${i}`);
  expect(keyed.size).toBeLessThan(20);
  expect([keyed.get("used"), keyed.get("paused")]).toEqual([used, paused]);
  await waiting;
  await vi.advanceTimersByTimeAsync(1_000);
  for (let i = 0; i < 100; i++) keyed.get(`later ${i}`);
  expect(keyed.get("used")).not.toBe(used);
  expect(keyed.get("paused")).toBe(paused);
});
