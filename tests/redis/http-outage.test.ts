// An application whose Redis is not there when it starts: its requests are answered, at once.
import { afterEach, expect, it } from "vitest";
import { frameworks, stopAll } from "../../js/test/frameworks.js";
import { freePort } from "./server.js";

const TIMEOUT_MS = 250;

afterEach(stopAll);

it.each(frameworks.map(({ name, start }) => [name, start] as const))("with %s", async (name, start) => {
  const redis = `redis://127.0.0.1:${await freePort()}`;
  const server = await start({ name: `outage ${name}`, limit: 1, window: "1h", redis, storeTimeout: TIMEOUT_MS });
  const began = performance.now();
  expect(await server.statuses(20)).toEqual(Array(20).fill(200));
  // One after the other: had each waited for the store, they would have taken 5 s.
  expect(performance.now() - began).toBeLessThan(20 * TIMEOUT_MS);
  const { headers } = await server.get();
  expect(headers.get("ratelimit")).toBeNull();
});

it("with onStoreError: closed, requests are answered with 503, to be tried again", async () => {
  const redis = `redis://127.0.0.1:${await freePort()}`;
  const [framework] = frameworks;
  const server = await framework?.start({ name: "closed", limit: 9, window: "1h", redis, onStoreError: "closed" });
  const response = await server?.get();
  expect(response?.status).toBe(503);
  expect(Number(response?.headers.get("retry-after"))).toBeGreaterThan(0);
});
