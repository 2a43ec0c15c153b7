import { describe, expect, it } from "vitest";
import { createPacer } from "../src/index.js";

/** The error of options, as code and message. */
function problem(options: unknown): string {
  try {
    createPacer(options as never);
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
  return "none";
}

const usual = { limit: 10, window: "1s" };
const shared = { ...{ limit: 1, window: "1s" }, name: "a", redis: "redis://127.0.0.1:1" };

describe("options that cannot be used are refused by name", () => {
  const cases: [options: unknown, code: string, message: RegExp][] = [
    [undefined, "CONFIG_OPTIONS", /createPacer/],
    [{}, "CONFIG_LIMIT", /^limit: undefined/],
    [{ limit: 10 }, "CONFIG_WINDOW", /^window: undefined/],
    [{ window: "1s" }, "CONFIG_LIMIT", /^limit/],
    [{ limit: 0, window: "1s" }, "CONFIG_LIMIT", /0/],
    [{ limit: Number.NaN, window: "1s" }, "CONFIG_LIMIT", /NaN/],
    [{ limit: 1.5, window: "1s" }, "CONFIG_LIMIT", /1\.5/],
    [{ limit: 2 ** 53, window: "1s" }, "CONFIG_LIMIT", /limit/],
    [{ limit: 1, window: -1 }, "CONFIG_WINDOW", /-1/],
    [{ limit: 1, window: "0.5ms" }, "CONFIG_WINDOW", /1 ms to 10 years/],
    [{ limit: 1, window: "4000d" }, "CONFIG_WINDOW", /1 ms to 10 years/],
    [{ ...usual, concurrency: 0 }, "CONFIG_CONCURRENCY", /concurrency: 0/],
    [{ ...usual, concurrency: 1.5 }, "CONFIG_CONCURRENCY", /1\.5/],
    [{ ...usual, maxQueue: -1 }, "CONFIG_MAX_QUEUE", /maxQueue: -1/],
    [{ ...usual, maxDelay: Number.NaN }, "CONFIG_MAX_DELAY", /maxDelay: NaN/],
    [{ ...usual, retry: 1.5 }, "CONFIG_RETRY", /retry: 1\.5/],
    [{ ...usual, retry: "often" }, "CONFIG_RETRY", /"often"/],
    [{ ...usual, learn: "yes" }, "CONFIG_FLAG", /learn: "yes"/],
    [{ ...usual, name: 7 }, "CONFIG_NAME", /name: 7/],
    [{ ...usual, algorithm: "token-bucket" }, "CONFIG_UNKNOWN_OPTION", /algorithm/],
    [{ ...usual, concurency: 1 }, "CONFIG_UNKNOWN_OPTION", /concurency/],
    [{ ...usual, policies: ["1 per 1s"] }, "CONFIG_POLICIES", /policies/],
    [{ policies: [] }, "CONFIG_POLICIES", /policies: \[\] /],
    [{ policies: "1 per 1s" }, "CONFIG_POLICIES", /policies/],
    [{ policies: ["often"] }, "CONFIG_RATE", /often/],
    [{ policies: ["1 per 1s", "1 per 1s"] }, "CONFIG_NAME", /policies\[1\]\.name/],
    [{ policies: [{ ...usual, burst: 3 }] }, "CONFIG_UNKNOWN_OPTION", /burst/],
    [{ ...usual, share: "peers" }, "CONFIG_SHARE", /^share: "peers"/],
    [{ ...shared, name: undefined }, "CONFIG_NAME", /^name: undefined/],
    [{ ...shared, name: "" }, "CONFIG_NAME", /^name: ""/],
    [{ ...shared, name: "x".repeat(257) }, "CONFIG_NAME", /1 to 256/],
    [{ ...shared, redis: 7 }, "CONFIG_REDIS", /^redis/],
    [{ ...shared, redis: [] }, "CONFIG_REDIS", /^redis/],
    [{ ...shared, share: "lease" }, "CONFIG_SHARE", /later/],
    [{ ...shared, share: { mode: "lease" } }, "CONFIG_SHARE", /later/],
    [{ ...shared, share: "all" }, "CONFIG_SHARE", /^share: "all"/],
    [{ ...shared, share: 5 }, "CONFIG_SHARE", /^share: 5/],
    [{ ...shared, share: { mode: "peers", hartbeat: 1 } }, "CONFIG_UNKNOWN_OPTION", /hartbeat/],
    [{ ...shared, share: { mode: "peers", heartbeat: 0 } }, "CONFIG_HEARTBEAT", /100 ms to 1 h/],
    [{ ...shared, share: { mode: "peers", heartbeat: "2h" } }, "CONFIG_HEARTBEAT", /100 ms to 1 h/],
    [{ ...shared, share: { mode: "peers", split: "odd" } }, "CONFIG_SPLIT", /^split: "odd"/],
    [{ ...shared, share: { mode: "peers", fastStart: 1 } }, "CONFIG_FLAG", /^fastStart: 1/],
    [{ ...shared, share: { mode: "peers", strictStart: "yes" } }, "CONFIG_FLAG", /^strictStart: "yes"/],
    [
      { ...shared, share: { mode: "peers", strictStart: true, fastStart: true } },
      "CONFIG_STRICT_START",
      /^strictStart/,
    ],
    [{ ...shared, share: { mode: "peers", rateLowerBound: 0 } }, "CONFIG_RATE_LOWER_BOUND", /1 to the limit, 1/],
    [{ ...shared, share: { mode: "peers", rateLowerBound: 2 } }, "CONFIG_RATE_LOWER_BOUND", /1 to the limit, 1/],
    [{ ...shared, window: "61s" }, "CONFIG_INTERVAL", /^window: "61000 ms"/],
  ];
  for (const [options, code, message] of cases) {
    it(`${JSON.stringify(options)} is ${code}`, () => {
      const found = problem(options);
      expect(found.split(" ")[0]).toBe(code);
      expect(found.slice(code.length + 1)).toMatch(message);
    });
  }
});

it("what is usable is used", () => {
  expect(problem({ ...usual, redis: undefined, share: undefined, concurrency: 1, maxQueue: 0 })).toBe("none");
  expect(problem({ concurrency: 3 })).toBe("none");
  expect(problem({ name: "größer als ein Name", ...usual })).toBe("none");
});

describe("a call's options that cannot be used reject by name, and take nothing", () => {
  const cases: [options: unknown, code: string][] = [
    [null, "CONFIG_OPTIONS"],
    [{ weight: 2 }, "CONFIG_UNKNOWN_OPTION"],
    [{ cost: { requests: 1 } }, "CONFIG_UNKNOWN_OPTION"],
    [{ cost: "1" }, "CONFIG_COST"],
    [{ priority: 0.5 }, "CONFIG_PRIORITY"],
    [{ priority: Number.NaN }, "CONFIG_PRIORITY"],
    [{ lane: 1 }, "CONFIG_LANE"],
    [{ signal: {} }, "CONFIG_SIGNAL"],
    [{ maxDelay: -1 }, "CONFIG_MAX_DELAY"],
    [{ maxDelay: "soon" }, "CONFIG_MAX_DELAY"],
  ];
  for (const [options, code] of cases) {
    it(`${JSON.stringify(options)} is ${code}`, async () => {
      const pace = createPacer({ limit: 1, window: "1h" });
      await expect(pace(() => 1, options as never)).rejects.toMatchObject({ code });
      expect(pace.stats()).toMatchObject({ waiting: 0, running: 0, startedInWindow: 0 });
      await expect(pace(7 as never)).rejects.toMatchObject({ code: "CONFIG_FUNCTION" });
      expect(() => pace.wrap(7 as never)).toThrow(expect.objectContaining({ code: "CONFIG_FUNCTION" }));
      expect(() => pace.for(7 as never)).toThrow(expect.objectContaining({ code: "CONFIG_KEY" }));
      expect(() => pace.pause("long" as never)).toThrow(expect.objectContaining({ code: "CONFIG_DURATION" }));
      await expect(pace.close({ drain: "long" as never })).rejects.toMatchObject({ code: "CONFIG_DRAIN" });
    });
  }
});

it("settle refuses what is no cost, and changes nothing", async () => {
  const pace = createPacer({ limit: 5, window: "1h" });
  await expect(pace(({ settle }) => settle(-1))).rejects.toMatchObject({ code: "CONFIG_COST" });
  expect(pace.stats()).toMatchObject({ running: 0, startedInWindow: 1 });
});
