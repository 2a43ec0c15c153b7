// Each error says what to do, not only where to read about it.
import { expect, it } from "vitest";
import { fromEngine } from "../src/errors.js";
import { failedCall, timedOut, unavailable } from "../src/redis/store-errors.js";

it.each([
  ["NOPERM User app has no permissions to run the 'evalsha' command", /commands, keys and channels/],
  ["NOAUTH Authentication required.", /user and password/],
  ["WRONGPASS invalid username-password pair or user is disabled.", /user and password/],
  ["WRONGTYPE Operation against a key holding the wrong kind of value", /prefix of its own/],
  ["OOM command not allowed when used memory > 'maxmemory'.", /maxmemory/],
  ["READONLY You can't write against a read only replica.", /primary/],
  ["MOVED 3999 127.0.0.1:6381", /client for clusters/],
  ["CROSSSLOT Keys in request don't hash to the same slot", /client for clusters/],
  ["LOADING Redis is loading the dataset in memory", /its log/],
  ["read ECONNRESET", /can be reached/],
])("a store that fails with %s", (message, hint) => {
  const error = failedCall(new Error(message));
  expect(error).toMatchObject({ code: "STORE_ERROR", hint: expect.stringMatching(hint) });
  expect(error.message).toContain(message);
  expect(error.hint).toContain("onStoreError");
});

it("a store that was not asked, or does not answer", () => {
  expect(unavailable("it is down").hint).toMatch(/See that Redis runs/);
  expect(timedOut(250).hint).toMatch(/storeTimeout/);
});

it.each([
  ["CONFIG_TTL", "ttl: 5 ms is not allowed; expected 50 ms to 1 day", "Give ttl 50 ms to 1 day."],
  ["CONFIG_NAME", 'name: "a: b" is not allowed; expected a text\nof one line', "Give name a text\nof one line."],
  ["ENGINE_IN_USE", "the limiter has decided before", "Take a saved state over"],
  ["ENGINE", "unreachable", "report it"],
])("the engine's %s", (code, message, hint) => {
  expect(fromEngine({ code, message }).hint).toContain(hint);
  expect(fromEngine({ code, message }).hint).toContain(`See ${code} in docs/errors.md.`);
});
