/** Steps into which each doubling of a time is divided, and the steps of 1 µs before the first doubling. */
const STEPS = 32;
/** Times are counted up to 2^26 µs, 67 s: longer than any deadline. */
const LONGEST_MICROS = 2 ** 26 - 1;
const BUCKETS = bucketOf(LONGEST_MICROS) + 1;
/** Measurements after which older ones begin to be forgotten. */
const GENERATION = 4_096;

/**
 * Percentiles of the last measurements, 4,096 to 8,191 of them, in 3 KB.
 *
 * A log-linear histogram: times are counted in whole microseconds up to 63 µs, and in 32 steps for each doubling after
 * that; a percentile is the middle of a step. So it differs from the exact one (nearest rank) by at most a 64th of that,
 * and not at all up to 63 µs; times are cut to whole microseconds, and to 67 s, before they are counted.
 */
export class Percentiles {
  #now = new Uint16Array(BUCKETS);
  #before = new Uint16Array(BUCKETS);
  #counted = 0;
  #countedBefore = 0;

  /** Counts a time in microseconds; one that is no number, or negative, counts as 0. */
  record(micros: number): void {
    if (this.#counted === GENERATION) this.#turn();
    const at = bucketOf(micros > 0 ? Math.min(micros, LONGEST_MICROS) : 0);
    this.#now[at] = (this.#now[at] as number) + 1;
    this.#counted++;
  }

  /** The shortest time, in microseconds, that a share (0 to 1) of the measurements does not exceed; 0 without any. */
  percentile(share: number): number {
    const all = this.#counted + this.#countedBefore;
    const rank = Math.min(Math.max(Math.ceil(share * all), 1), all);
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += (this.#now[i] as number) + (this.#before[i] as number);
      if (seen >= rank) return seen === 0 ? 0 : middleOf(i);
    }
    return 0;
  }

  /** What `stats()` tells, in milliseconds. */
  millis(): { p50: number; p99: number } {
    return { p50: this.percentile(0.5) / 1000, p99: this.percentile(0.99) / 1000 };
  }

  #turn(): void {
    [this.#now, this.#before] = [this.#before, this.#now];
    this.#now.fill(0);
    [this.#counted, this.#countedBefore] = [0, this.#counted];
  }
}

function bucketOf(micros: number): number {
  const doublings = Math.max(26 - Math.clz32(micros), 0);
  return doublings * STEPS + (micros >>> doublings);
}

function middleOf(bucket: number): number {
  const doublings = Math.max(Math.floor(bucket / STEPS) - 1, 0);
  const least = (bucket - doublings * STEPS) * 2 ** doublings;
  return least + (2 ** doublings - 1) / 2;
}
