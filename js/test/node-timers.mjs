// The fake timers of node:test replace Date, not performance.now(): limits follow them all the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLimiter } from "tollgate";

test("a window ends when mocked time has passed", (t) => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"] });
  const limiter = createLimiter({ limit: 1, window: "1m" });
  assert.equal(limiter.checkSync("ann").allowed, true);
  t.mock.timers.tick(59_999);
  assert.equal(limiter.checkSync("ann").allowed, false);
  t.mock.timers.tick(1);
  assert.equal(limiter.checkSync("ann").allowed, true);
});

test("wait ends when mocked time has passed", async (t) => {
  const limiter = createLimiter({ limit: 1, window: "1m" });
  limiter.checkSync("ann");
  t.mock.timers.enable({ apis: ["Date", "setTimeout"] });
  const waiting = limiter.wait("ann");
  t.mock.timers.tick(60_000);
  assert.equal((await waiting).allowed, true);
});

test("a limiter that was used before follows the mock, and the clock afterwards", (t) => {
  const limiter = createLimiter({ limit: 1, window: "1h" });
  limiter.checkSync("ann");
  t.mock.timers.enable({ apis: ["Date"] });
  assert.equal(limiter.checkSync("ann").allowed, false);
  t.mock.timers.tick(3_600_000);
  assert.equal(limiter.checkSync("ann").allowed, true);
  t.mock.timers.reset();
  assert.equal(limiter.checkSync("ann").allowed, false);
});

test("a package that is imported under mocked time follows it too", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const fresh = await import(`../../dist/esm/clock.js?${Math.random()}`);
  const before = fresh.nowMicros();
  t.mock.timers.tick(5_000);
  assert.equal(fresh.nowMicros() - before, 5_000_000);
});
