import type { Amount } from "../types.js";
import type { CallQueue } from "./queue.js";
import type { Job, PaceOptions } from "./types.js";

/** A call on its way; to its function, it is the job. */
export class Call implements Job {
  /** The number of its ticket, once it has one. */
  ticket = -1;
  attempt = 1;
  /** Lets it go, or with a rejected promise, fail; while it waits. */
  go: ((failed?: Promise<never>) => void) | undefined;
  readonly options: PaceOptions | undefined;
  /** Longest wait in microseconds; −1 for any. */
  readonly maxDelay: number;
  readonly #queue: CallQueue;

  constructor(queue: CallQueue, options: PaceOptions | undefined, maxDelay: number) {
    this.#queue = queue;
    this.options = options;
    this.maxDelay = maxDelay;
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
