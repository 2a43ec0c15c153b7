import { expect, it } from "vitest";
import { Percentiles } from "../src/store/percentiles.js";

/** Whole numbers below 2^32, the same ones each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

/** The nearest rank, by sorting. */
function exact(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil(share * times.length), 1) - 1] as number;
}

const SHARES = [0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1];

it.each([1, 2, 3, 10, 99, 100, 101, 1_000, 4_096])("of %i times, differs by no more than a 64th", (count) => {
  for (let seed = 0; seed < 40; seed++) {
    const next = numbers(seed * 7_919 + count);
    const times = Array.from({ length: count }, () => next() >>> (6 + (next() % 26)));
    const percentiles = new Percentiles();
    for (const time of times) percentiles.record(time);
    for (const share of SHARES) {
      const truth = exact(times, share);
      const error = Math.abs(percentiles.percentile(share) - truth);
      expect(error, `${share} of ${count} is ${truth}`).toBeLessThanOrEqual(truth < 64 ? 0 : truth / 64);
    }
  }
});

it("every time, up to the longest, is told to a 64th", () => {
  const edges = Array.from({ length: 27 }, (_, i) => [2 ** i - 1, 2 ** i, 2 ** i + 1]).flat();
  const next = numbers(1);
  const times = [...edges, ...Array.from({ length: 5_000 }, () => next() >>> 6)].filter((time) => time < 2 ** 26);
  for (const time of times) {
    const percentiles = new Percentiles();
    percentiles.record(time);
    expect(Math.abs(percentiles.percentile(0.5) - time), `${time}`).toBeLessThanOrEqual(time < 64 ? 0 : time / 64);
  }
});

it("parts of microseconds are cut, and what is no time counts as none", () => {
  const percentiles = new Percentiles();
  for (const [given, counted] of [
    [12.9, 12],
    [-5, 0],
    [Number.NaN, 0],
  ] as const) {
    for (let i = 0; i < 10_000; i++) percentiles.record(given);
    expect(percentiles.percentile(0.5)).toBe(counted);
  }
  for (let i = 0; i < 10_000; i++) percentiles.record(Number.POSITIVE_INFINITY);
  expect(Math.abs(percentiles.percentile(0.5) - 2 ** 26)).toBeLessThanOrEqual(2 ** 26 / 64);
});

it("speaks of the last 4,096 to 8,191 measurements", () => {
  const percentiles = new Percentiles();
  const times = Array.from({ length: 30_000 }, (_, i) => (i * 37) % 50_000);
  for (const [i, time] of times.entries()) {
    percentiles.record(time);
    const since = Math.max((Math.floor(i / 4_096) - 1) * 4_096, 0);
    if (i % 1_009 > 0) continue;
    const truth = exact(times.slice(since, i + 1), 0.99);
    expect(Math.abs(percentiles.percentile(0.99) - truth)).toBeLessThanOrEqual(truth / 64);
  }
});

it("says milliseconds, and 0 before there is anything to say", () => {
  const percentiles = new Percentiles();
  expect(percentiles.millis()).toEqual({ p50: 0, p99: 0 });
  for (let i = 0; i < 99; i++) percentiles.record(50);
  percentiles.record(10);
  expect(percentiles.millis()).toEqual({ p50: 0.05, p99: 0.05 });
});
