import { expect, it } from "vitest";
import { type Quota, RedisQuotaManager } from "../src/p-ratelimit.js";

/** Stands in for a client that never answers. */
const client = {
  status: "connecting",
  evalsha: () => new Promise(() => {}),
  call: () => new Promise(() => {}),
  publish: () => new Promise(() => {}),
  subscribe: () => new Promise(() => {}),
  on: () => {},
  off: () => {},
  once: () => {},
  disconnect: () => {},
  duplicate: () => client,
};
const usual: Quota = { rate: 10, interval: 1000 };

function problem(...args: unknown[]): string {
  try {
    new (RedisQuotaManager as unknown as new (...args: unknown[]) => RedisQuotaManager)(...args);
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
  return "none";
}

it.each([
  [[usual, "", client], /^CONFIG_NAME channelName: ""/],
  [[usual, undefined, client], /^CONFIG_NAME channelName: undefined/],
  [[usual, "x".repeat(257), client], /^CONFIG_NAME channelName/],
  [[usual, "a", {}], /^CONFIG_REDIS .*client does not support the client\.duplicate\(\) function/],
  [[usual, "a", undefined], /^CONFIG_REDIS/],
  [[usual, "a", []], /^CONFIG_REDIS/],
  [[usual, "a", [client, client]], /^CONFIG_REDIS/],
  [[usual, "a", client, 0], /^CONFIG_HEARTBEAT heartbeatInterval: 0/],
  [[usual, "a", client, Number.NaN], /^CONFIG_HEARTBEAT heartbeatInterval: NaN/],
  [[usual, "a", client, 99], /^CONFIG_HEARTBEAT heartbeat: 99 ms/],
  [[{ rate: 10 }, "a", client], /^CONFIG_QUOTA Invalid Quota/],
  [[{ rate: 10, interval: 61_000 }, "a", client], /^CONFIG_INTERVAL/],
  [[{ ...usual, rateLowerBound: 11 }, "a", client], /^CONFIG_RATE_LOWER_BOUND rateLowerBound: 11/],
  [[{ ...usual, rateLowerBound: 1.5 }, "a", client], /^CONFIG_RATE_LOWER_BOUND rateLowerBound: 1\.5/],
  [[{ concurrency: 2, rateLowerBound: 1 }, "a", client], /^CONFIG_RATE_LOWER_BOUND/],
])("%j is refused by name", (args, message) => {
  expect(problem(...args)).toMatch(message);
});
