import { describe, expect, it } from "vitest";
import { createLimiter, toHeaders, toResponse } from "../src/index.js";

type Loose = (options: unknown) => unknown;
const create = createLimiter as unknown as Loose;
const problem = (run: () => unknown): { code: string; message: string } => {
  try {
    run();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("nothing was thrown");
};

const base = { limit: 1, window: "1s" };

describe("construction names the field, the value and what is allowed", () => {
  const cases: [string, unknown, RegExp][] = [
    ["CONFIG_OPTIONS", undefined, /createLimiter: undefined/],
    ["CONFIG_OPTIONS", [base], /createLimiter/],
    ["CONFIG_UNKNOWN_OPTION", { ...base, windowMs: 1 }, /windowMs.*window/],
    ["CONFIG_UNKNOWN_OPTION", { ...base, max: 1 }, /max is not an option/],
    ["CONFIG_LIMIT", { window: "1s" }, /limit: undefined.*1 to 9007199254740991/],
    ["CONFIG_LIMIT", { ...base, limit: 0 }, /limit: 0/],
    ["CONFIG_LIMIT", { ...base, limit: -5 }, /limit: -5/],
    ["CONFIG_LIMIT", { ...base, limit: Number.NaN }, /limit: NaN/],
    ["CONFIG_LIMIT", { ...base, limit: 1.5 }, /limit: 1.5/],
    ["CONFIG_LIMIT", { ...base, limit: 2 ** 53 }, /limit: 9007199254740992/],
    ["CONFIG_LIMIT", { ...base, limit: Number.POSITIVE_INFINITY }, /limit: Infinity/],
    ["CONFIG_LIMIT", { ...base, limit: "100" }, /limit: "100"/],
    ["CONFIG_LIMIT", { ...base, limit: 5n }, /limit: 5n/],
    ["CONFIG_WINDOW", { limit: 1 }, /window: undefined.*"30s"/],
    ["CONFIG_WINDOW", { ...base, window: 0 }, /window: 0 ms.*1 ms to 10 years/],
    ["CONFIG_WINDOW", { ...base, window: -1 }, /window: -1/],
    ["CONFIG_WINDOW", { ...base, window: 0.5 }, /window: 0.5/],
    ["CONFIG_WINDOW", { ...base, window: "3653d" }, /1 ms to 10 years/],
    ["CONFIG_WINDOW", { ...base, window: Number.MAX_SAFE_INTEGER }, /1 ms to 10 years/],
    ["CONFIG_WINDOW", { ...base, window: "a while" }, /window: "a while"/],
    ["CONFIG_WINDOW", { ...base, window: { ms: 1 } }, /window: {"ms":1}/],
    ["CONFIG_ALGORITHM", { ...base, algorithm: "leaky" }, /algorithm: "leaky".*"token-bucket"/],
    ["CONFIG_BURST", { ...base, burst: 5 }, /burst: 5 with algorithm "fixed-window".*token-bucket/],
    ["CONFIG_BURST", { ...base, algorithm: "token-bucket", burst: 0 }, /burst: 0/],
    ["CONFIG_BURST", { limit: 1, window: "1h", algorithm: "token-bucket", burst: 2 ** 40 }, /1 to 876600/],
    ["CONFIG_BLOCK_FOR", { ...base, blockFor: 0 }, /blockFor: 0 ms/],
    ["CONFIG_BLOCK_FOR", { ...base, blockFor: "soon" }, /blockFor: "soon"/],
    ["CONFIG_NAME", { ...base, name: "" }, /name: "".*1 to 64 printable/],
    ["CONFIG_NAME", { ...base, name: "ü" }, /name: "ü"/],
    ["CONFIG_NAME", { ...base, name: 7 }, /name: 7/],
    [
      "CONFIG_NAME",
      {
        policies: [
          { ...base, name: "a" },
          { ...base, name: "a" },
        ],
      },
      /policies\[1\].name: "a"/,
    ],
    ["CONFIG_POLICIES", { policies: [] }, /policies: 0.*1 to 16/],
    ["CONFIG_POLICIES", { policies: "5 per 1s" }, /policies: "5 per 1s"/],
    ["CONFIG_POLICIES", { policies: ["1/s"], limit: 1 }, /together with limit/],
    ["CONFIG_RATE", { policies: ["5 a second"] }, /policies\[0\]: "5 a second"/],
    ["CONFIG_LIMIT", { policies: ["1/s", { window: "1s", limit: 0 }] }, /policies\[1\].limit: 0/],
    ["CONFIG_LIMIT", { policies: ["0 per s", "1 per s"] }, /policies\[0\].limit: 0/],
    ["CONFIG_UNKNOWN_OPTION", { policies: [{ ...base, weight: 2 }] }, /policies\[0\]: weight/],
    ["CONFIG_MAX_KEYS", { ...base, maxKeys: 15 }, /maxKeys: 15.*16 to 268435456/],
    ["CONFIG_MAX_KEYS", { ...base, maxKeys: 1.5 }, /maxKeys: 1.5/],
    ["CONFIG_REDIS", { ...base, redis: "127.0.0.1:6379" }, /redis:.*expected redis:\/\/host:port/],
  ];
  it.each(cases)("%s for %o", (code, options, message) => {
    const error = problem(() => create(options));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it("never repeats a Redis password", () => {
    expect(problem(() => create({ ...base, redis: "redis://:secret@/0" })).message).not.toContain("secret");
  });
});

describe("calls name the field, the value and what is allowed, and take nothing", () => {
  const limiter = createLimiter({ policies: [{ ...base, name: "a", limit: 5, window: "1h" }, "9 per 1h"] });
  const check = limiter.checkSync.bind(limiter) as unknown as (key: unknown, options?: unknown) => unknown;
  const cases: [string, unknown, unknown, RegExp][] = [
    ["CONFIG_KEY", undefined, undefined, /key: undefined.*a string/],
    ["CONFIG_KEY", 7, undefined, /key: 7/],
    ["CONFIG_KEY", {}, undefined, /key: {}/],
    ["CONFIG_OPTIONS", "k", 5, /options: 5/],
    ["CONFIG_UNKNOWN_OPTION", "k", { weight: 2 }, /weight/],
    ["CONFIG_COST", "k", { cost: -1 }, /cost: -1.*0 to 9007199254740991/],
    ["CONFIG_COST", "k", { cost: 1.5 }, /cost: 1.5/],
    ["CONFIG_COST", "k", { cost: Number.NaN }, /cost: NaN/],
    ["CONFIG_COST", "k", { cost: "1" }, /cost: "1"/],
    ["CONFIG_COST", "k", { cost: null }, /cost: null/],
    ["CONFIG_COST", "k", { cost: { a: -1 } }, /cost.a: -1/],
    ["CONFIG_UNKNOWN_OPTION", "k", { cost: { b: 1 } }, /cost: b is not an option.*a, 9-per-3600s/],
    ["CONFIG_LIMIT", "k", { limit: 0 }, /limit: 0.*1 to/],
    ["CONFIG_LIMIT", "k", { limit: { a: 2.5 } }, /limit.a: 2.5/],
  ];
  it.each(cases)("%s for key %o with %o", async (code, key, options, message) => {
    const error = problem(() => check(key, options));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    await expect(
      (limiter.check as typeof limiter.check & ((k: unknown, o: unknown) => Promise<unknown>))(
        key as string,
        options as object,
      ),
    ).rejects.toMatchObject({ code });
    expect(limiter.peekSync("k").policies.map((policy) => policy.remaining)).toEqual([5, 9]);
  });

  it("headers and responses", () => {
    const decision = limiter.peekSync("k");
    expect(problem(() => toHeaders(decision, "draft-5" as "draft-6")).code).toBe("CONFIG_HEADERS");
    expect(problem(() => toHeaders({ ...decision } as never)).code).toBe("CONFIG_DECISION");
    expect(problem(() => toResponse(decision, { body: 1 } as never)).code).toBe("CONFIG_UNKNOWN_OPTION");
  });
});
