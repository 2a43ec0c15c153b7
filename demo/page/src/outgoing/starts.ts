// What has started, and when: counted by the page itself, so that the chart does not take the pacer's word for it.

/** Seconds that are remembered. */
export const SPAN = 30;
/** The window of the limit. */
const SECOND = 1_000_000;

/** Microseconds since the page was opened. */
export function microsNow(): number {
  return Math.floor(performance.now() * 1000);
}

/** Every start of the last half minute with its cost, and every limit. */
export class Starts {
  #starts: { at: number; cost: number }[] = [];
  #limits: { at: number; limit: number }[];
  #most = 0;

  constructor(limit: number) {
    this.#limits = [{ at: 0, limit }];
  }

  get limit(): number {
    return this.#limits.at(-1)?.limit ?? 0;
  }

  /** The most that has started in any second that ended since the limit was changed, at the moment of a start. */
  get most(): number {
    return this.#most;
  }

  /** A job starts now. */
  add(cost: number): void {
    const now = microsNow();
    this.#starts.push({ at: now, cost });
    this.#most = Math.max(this.#most, this.inSecondBefore(now));
    const oldest = now - (SPAN + 1) * SECOND;
    if ((this.#starts[0]?.at ?? now) < oldest - SPAN * SECOND) {
      this.#starts = this.#starts.filter(({ at }) => at >= oldest);
    }
  }

  changeLimit(limit: number): void {
    this.#limits.push({ at: microsNow(), limit });
    this.#most = 0;
  }

  /** The cost that started in the second that ends at `now`, which counts, while its beginning does not. */
  inSecondBefore(now: number): number {
    let sum = 0;
    for (let i = this.#starts.length - 1; i >= 0; i--) {
      const { at, cost } = this.#starts[i] as { at: number; cost: number };
      if (at <= now - SECOND) break;
      if (at <= now) sum += cost;
    }
    return sum;
  }

  /** The cost in the second before each of these times, which ascend. */
  series(times: readonly number[]): number[] {
    let first = 0;
    let next = 0;
    let sum = 0;
    return times.map((time) => {
      for (let start = this.#starts[next]; start !== undefined && start.at <= time; start = this.#starts[++next]) {
        sum += start.cost;
      }
      for (let start = this.#starts[first]; start !== undefined && start.at <= time - SECOND; ) {
        sum -= start.cost;
        start = this.#starts[++first];
      }
      return sum;
    });
  }

  /** The limit at each of these times, which ascend. */
  limits(times: readonly number[]): number[] {
    let i = 0;
    return times.map((time) => {
      while ((this.#limits[i + 1]?.at ?? Number.POSITIVE_INFINITY) <= time) i++;
      return this.#limits[i]?.limit ?? 0;
    });
  }
}
