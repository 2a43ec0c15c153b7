// What happened in the last minute, second by second, for each policy.
import type { Answer } from "./api.js";

/** Seconds shown. */
export const SPAN = 60;

/** The page has room for the charts of so many policies. */
const CHARTS = 2;

/** Allowed and refused in one second. */
interface Second {
  allowed: number;
  refused: number;
}

/** A count for each second and policy; seconds are those of `performance.now()`. */
export class History {
  #policies: Map<number, Second>[] = [];
  #changes: number[] = [];

  /** Counts an answer for every policy that it speaks of, or for all: what nobody has counted speaks of none. */
  add({ status, refusedBy, policies }: Answer, now: number): void {
    const limited = status === 429;
    if (status !== 200 && !limited) return;
    for (let i = 0; i < (policies || CHARTS); i++) {
      if (!limited) this.#second(i, now).allowed++;
      else if (refusedBy.includes(i)) this.#second(i, now).refused++;
    }
  }

  /** Notes that the rule changed. */
  markChange(now: number): void {
    this.#changes.push(now);
  }

  /** Changes of the rule, on the axis of {@link History.series}. */
  changes(now: number): number[] {
    this.#changes = this.#changes.filter((at) => now - at < SPAN * 1000);
    return this.#changes.map((at) => at / 1000 - endOfSecond(now));
  }

  /**
   * Middles of the seconds, and what was allowed and refused in each. The axis ends, at 0, with the second of
   * `now`, so that its bar is seen whole from the first request on.
   */
  series(policy: number, now: number): { at: number[]; allowed: number[]; refused: number[] } {
    const end = endOfSecond(now);
    const numbers = Array.from({ length: SPAN }, (_, i) => end - SPAN + i);
    const seconds = numbers.map((number) => this.#policies[policy]?.get(number));
    this.#forget(policy, end - SPAN);
    return {
      at: numbers.map((number) => number + 0.5 - end),
      allowed: seconds.map((second) => second?.allowed ?? 0),
      refused: seconds.map((second) => second?.refused ?? 0),
    };
  }

  #second(policy: number, now: number): Second {
    this.#policies[policy] ??= new Map();
    const seconds = this.#policies[policy];
    const number = Math.floor(now / 1000);
    const second = seconds.get(number) ?? { allowed: 0, refused: 0 };
    seconds.set(number, second);
    return second;
  }

  #forget(policy: number, before: number): void {
    const seconds = this.#policies[policy];
    for (const number of seconds?.keys() ?? []) if (number < before) seconds?.delete(number);
  }
}

function endOfSecond(now: number): number {
  return Math.floor(now / 1000) + 1;
}
