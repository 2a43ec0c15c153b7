import { describe, expect, it } from "vitest";
import { rateLimit } from "../src/fetch.js";
import { createLimiter, TollgateError } from "../src/index.js";

type Options = Parameters<typeof rateLimit>[0];

function errorOf(options: unknown): TollgateError {
  try {
    rateLimit(options as Options);
  } catch (error) {
    if (error instanceof TollgateError) return error;
    throw error;
  }
  throw new Error("the options were taken");
}

const good = { limit: 1, window: "1m" } as const;

describe("a middleware refuses", () => {
  it.each([
    ["CONFIG_OPTIONS", undefined, "rateLimit"],
    ["CONFIG_OPTIONS", [good], "rateLimit"],
    ["CONFIG_UNKNOWN_OPTION", { ...good, max: 5 }, "max"],
    ["CONFIG_UNKNOWN_OPTION", { ...good, skipFailed: true }, "skipFailedRequests"],
    ["CONFIG_LIMIT", { window: "1m" }, "limit"],
    ["CONFIG_LIMIT", { limit: 0, window: "1m" }, "limit"],
    ["CONFIG_WINDOW", { limit: 1 }, "window"],
    ["CONFIG_RATE", { policies: ["5 a day"] }, "5 a day"],
    ["CONFIG_REDIS", { ...good, redis: "127.0.0.1:6379" }, "redis"],
    ["CONFIG_KEY", { ...good, key: "ip" }, '"ip"'],
    ["CONFIG_ON_KEY_ERROR", { ...good, onKeyError: "allow" }, '"allow"'],
    ["CONFIG_FUNCTION", { ...good, skip: true }, "skip: true"],
    ["CONFIG_FUNCTION", { ...good, cost: 2 }, "cost: 2"],
    ["CONFIG_FUNCTION", { ...good, limits: { a: 1 } }, 'limits: {"a":1}'],
    ["CONFIG_FUNCTION", { ...good, onLimited: "log" }, 'onLimited: "log"'],
    ["CONFIG_LIMIT", { limit: () => 1, limits: () => 1, window: "1m" }, "limits: a function"],
    ["CONFIG_ALLOW_LIST", { ...good, allowList: "127.0.0.1" }, '"127.0.0.1"'],
    ["CONFIG_ALLOW_LIST", { ...good, allowList: [1] }, "[1]"],
    ["CONFIG_FLAG", { ...good, dryRun: "yes" }, 'dryRun: "yes"'],
    ["CONFIG_FLAG", { ...good, skipFailedRequests: 1 }, "skipFailedRequests: 1"],
    ["CONFIG_FLAG", { ...good, skipSuccessfulRequests: 1 }, "skipSuccessfulRequests: 1"],
    ["CONFIG_HEADERS", { ...good, headers: "draft-8" }, '"draft-8"'],
    ["CONFIG_HEADERS", { ...good, headers: true }, "headers: true"],
    ["CONFIG_STATUS_CODE", { ...good, statusCode: 200 }, "from 400 to 599"],
    ["CONFIG_STATUS_CODE", { ...good, statusCode: "429" }, '"429"'],
    ["CONFIG_LIMITER", { limiter: createLimiter(good), window: "1m" }, "together with window"],
    ["CONFIG_LIMITER", { limiter: {} }, "createLimiter"],
  ])("with %s: %o", (code, options, named) => {
    const { code: given, message, hint } = errorOf(options);
    expect(given).toBe(code);
    expect(message).toContain(named);
    expect(hint).not.toBe("");
  });
});

describe("a middleware takes", () => {
  it.each([
    [
      "what is undefined for what is absent",
      { ...good, redis: undefined, skip: undefined, key: undefined, headers: undefined },
    ],
    ["a name beside policies", { name: "search", policies: ["5 per 1s", "1000 per 1d"] }],
    [
      "every option at once",
      {
        ...good,
        name: "all",
        algorithm: "token-bucket",
        burst: 3,
        blockFor: "1m",
        maxKeys: 100,
        key: () => "a",
        onKeyError: "open",
        skip: () => false,
        allowList: ["127.0.0.1"],
        cost: () => 1,
        limits: () => 1,
        skipSuccessfulRequests: true,
        skipFailedRequests: true,
        headers: false,
        statusCode: 503,
        message: "no",
        dryRun: true,
        onLimited: () => {},
      },
    ],
  ])("%s", (_, options) => {
    expect(rateLimit(options as Options).limiter.stats().allowed).toBe(0);
  });
});
