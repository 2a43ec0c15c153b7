// Load on a limiter while something happens to its Redis, and what each call saw.
import { setTimeout as pause } from "node:timers/promises";
import type { Decision, Limiter } from "../../js/src/index.js";

/** One call: what was decided, and how long it took. */
export interface Seen {
  allowed: boolean;
  source: Decision["source"];
  ms: number;
}

/** Beyond its deadline a call may be late by what the machine takes to run it: two cores, many processes. */
const SCHEDULING_MS = 2_000;

/** Calls, 20 at a time, until `during` is over. A call that rejects fails the test. */
export async function underLoad(limiter: Limiter<string>, key: string, during: () => Promise<void>): Promise<Seen[]> {
  const seen: Seen[] = [];
  let over = false;
  const caller = async () => {
    while (!over) {
      seen.push(await call(limiter, key));
      await pause(2);
    }
  };
  const callers = Array.from({ length: 20 }, caller);
  try {
    await during();
  } finally {
    over = true;
  }
  await Promise.all(callers);
  return seen;
}

/** One call. */
export async function call(limiter: Limiter<string>, key: string): Promise<Seen> {
  const from = performance.now();
  const { allowed, source } = await limiter.check(key);
  return { allowed, source, ms: performance.now() - from };
}

/** How many calls a source let go. */
export function admitted(seen: readonly Seen[], source: Seen["source"]): number {
  return seen.filter((one) => one.allowed && one.source === source).length;
}

/** Those that waited longer than the deadline and scheduling. */
export function tooLong(seen: readonly Seen[], timeoutMs: number): Seen[] {
  return seen.filter(({ ms }) => ms > timeoutMs + SCHEDULING_MS);
}

/** The sources of calls, each once. */
export function sources(seen: readonly Seen[]): string[] {
  return [...new Set(seen.map(({ source }) => source))].sort();
}
