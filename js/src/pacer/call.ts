import type { Amount } from "../types.js";
import type { CallQueue } from "./queue.js";
import type { Job, PaceOptions } from "./types.js";

/** A call on its way; to its function, it is the job. */
export class Call implements Job {
  /** The number of its ticket, once it has one. */
  ticket = -1;
  attempt = 1;
  /** While it waits: lets it go on, or fail as that promise has. */
  go: ((outcome: Call | Promise<never>) => void) | undefined;
  /** What it has been charged for each policy, once that was corrected. */
  charged: readonly number[] | undefined;
  readonly fn: (job: Job) => unknown;
  readonly options: PaceOptions | undefined;
  readonly #queue: CallQueue;

  constructor(queue: CallQueue, fn: (job: Job) => unknown, options: PaceOptions | undefined) {
    this.#queue = queue;
    this.fn = fn;
    this.options = options;
  }

  get signal(): AbortSignal {
    const own = this.options?.signal;
    const closing = this.#queue.closing;
    return own === undefined ? closing : AbortSignal.any([own, closing]);
  }

  /** Bound, so that it can be taken out of the job. */
  get settle(): (actual: Amount) => void {
    return (actual) => this.#queue.settle(this, actual);
  }
}
