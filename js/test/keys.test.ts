import { expect, it } from "vitest";
import { createLimiter } from "../src/index.js";

/** How many of these keys share a state with another one. */
function collisions(keys: readonly string[]): number {
  const limiter = createLimiter({ limit: 1, window: "1h" });
  return keys.filter((key) => !limiter.checkSync(key).allowed).length;
}

it("any two strings are two keys", () => {
  const long = "x".repeat(1 << 20);
  const around = [253, 254, 255, 256, 257, 511, 512].map((length) => "y".repeat(length));
  expect(
    collisions([
      "",
      " ",
      "\0",
      "\0\0",
      "a",
      "a\0",
      "á",
      "a\u0301",
      "ａ",
      "\ud800",
      "\udc00",
      "\ud800\ud800",
      "\udc00\ud800",
      "\ufffd",
      "\u{10000}",
      "\uffff",
      "{a}",
      "a}",
      "__proto__",
      "constructor",
      long,
      `${long}x`,
      `${long}\ud800`,
      `${long}\ufffd`,
      ...around,
    ]),
  ).toBe(0);
});

it("a string is one key, however it was put together", () => {
  const limiter = createLimiter({ limit: 1, window: "1h" });
  for (const key of ["", "é", "\ud800", "€uro".repeat(100), "z".repeat(300)]) {
    expect(limiter.checkSync(key).allowed).toBe(true);
    expect(limiter.checkSync([...key].join("")).allowed).toBe(false);
    expect(limiter.checkSync(Buffer.from(key, "utf16le").toString("utf16le")).allowed).toBe(false);
  }
});

it("every length up to 2,000, of narrow and wide characters, is a key of its own", () => {
  const lengths = Array.from({ length: 2_000 }, (_, i) => i + 1);
  expect(collisions(lengths.flatMap((n) => ["a".repeat(n), "€".repeat(n), "\udfff".repeat(n)]))).toBe(0);
});

it("two hundred thousand random keys are two hundred thousand states", () => {
  const keys = new Set<string>();
  let state = 1;
  while (keys.size < 200_000) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    keys.add(String.fromCharCode(state & 0xffff, state >>> 16, keys.size & 0xffff));
  }
  expect(collisions([...keys])).toBe(0);
});
