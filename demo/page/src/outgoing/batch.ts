// Jobs that were dropped in together.
import type { Pacer } from "tollgate";

/** What is dropped in. */
export interface Jobs {
  count: number;
  durationMs: number;
  cost: number;
  priority: number;
}

/** How many jobs of a batch are where. */
export interface Counts {
  done: number;
  running: number;
  waiting: number;
  cancelled: number;
  /** Those that cost more than the limit. */
  refused: number;
}

interface Told {
  /** A job has started. */
  onStart(cost: number): void;
  /** The last job has ended. */
  onEnd(text: string): void;
}

/** Jobs that wait, run and end; they can be cancelled together. */
export class Batch {
  readonly number: number;
  readonly jobs: Jobs;
  readonly counts: Counts;
  /** Settles to the first refusal of the pacer, or to undefined when all have ended. */
  readonly refused: Promise<string | undefined>;
  #abort = new AbortController();

  constructor(number: number, jobs: Jobs, pacer: Pacer, told: Told) {
    this.number = number;
    this.jobs = jobs;
    this.counts = { done: 0, running: 0, waiting: jobs.count, cancelled: 0, refused: 0 };
    const from = performance.now();
    const all = Array.from({ length: jobs.count }, () => this.#drop(pacer, told));
    this.refused = Promise.all(all).then((refusals) => {
      const refusal = refusals.find((each) => each !== undefined);
      told.onEnd(this.#ending((performance.now() - from) / 1000, refusal));
      return refusal;
    });
  }

  get isOver(): boolean {
    return this.counts.waiting + this.counts.running === 0;
  }

  /** Takes back what waits, and stops what runs. */
  cancel(): void {
    this.#abort.abort(new Error("cancelled"));
  }

  /** One job; resolves to why the pacer refused it, if it did. */
  async #drop(pacer: Pacer, { onStart }: Told): Promise<string | undefined> {
    const { cost, priority, durationMs } = this.jobs;
    let place: "waiting" | "running" = "waiting";
    const end = (as: "done" | "cancelled" | "refused") => {
      this.counts[place]--;
      this.counts[as]++;
    };
    const job = async () => {
      onStart(cost);
      this.counts.waiting--;
      this.counts.running++;
      place = "running";
      await pause(durationMs, this.#abort.signal);
    };
    try {
      await pacer(job, { cost, priority, signal: this.#abort.signal });
      end("done");
      return undefined;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      end(code === "TOO_LARGE" ? "refused" : "cancelled");
      return code === "TOO_LARGE" ? message : undefined;
    }
  }

  #ending(seconds: number, refusal: string | undefined): string {
    const { done, cancelled, refused } = this.counts;
    const parts = [`${done} done`];
    if (cancelled > 0) parts.push(`${cancelled} cancelled`);
    if (refused > 0) parts.push(`${refused} refused (${refusal})`);
    return `Batch ${this.number} is over after ${seconds.toFixed(1)} s: ${parts.join(", ")}.`;
  }
}

/** What a job does. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      window.clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = window.setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop);
  });
}
