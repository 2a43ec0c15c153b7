// When workers started jobs, and how many any window held.

/** Starts are kept for so long. */
export const KEPT_MS = 20_000;

/** Times of starts by worker, in milliseconds of the machine's clock. */
export class Starts {
  #windowMs: number;
  #times = new Map<number, number[]>();
  #peak = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds starts of a worker: a worker that was paused tells late of what came before. */
  add(worker: number, times: number[], now: number): void {
    const known = this.#times.get(worker) ?? [];
    const all = known.concat(times).sort(ascending);
    this.#times.set(worker, all.slice(firstAfter(all, now - KEPT_MS - this.#windowMs)));
  }

  /** Workers of which something is kept. */
  get workers(): number[] {
    return [...this.#times].filter(([, times]) => times.length > 0).map(([worker]) => worker);
  }

  /** How many starts of a worker the window that ends at each of these times holds. */
  counts(worker: number, ends: number[]): number[] {
    const times = this.#times.get(worker) ?? [];
    return ends.map((end) => firstAfter(times, end) - firstAfter(times, end - this.#windowMs));
  }

  /** The most that any window has held so far, over all workers. */
  peak(): number {
    const all = [...this.#times.values()].flat().sort(ascending);
    let first = 0;
    for (const [i, time] of all.entries()) {
      while ((all[first] ?? time) <= time - this.#windowMs) first++;
      this.#peak = Math.max(this.#peak, i - first + 1);
    }
    return this.#peak;
  }

  /** Forgets the peak, and what led to it. */
  clear(): void {
    this.#times.clear();
    this.#peak = 0;
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Where the first time after `at` is. */
function firstAfter(times: number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
