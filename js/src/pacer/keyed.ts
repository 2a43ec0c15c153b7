import type { CallQueue } from "./queue.js";

/** Looks at so many queues for one that was asked for. */
const LOOKS = 2;

/** A queue for each key. One that is as if new is forgotten when others are asked for. */
export class KeyedQueues {
  #queues = new Map<string, CallQueue>();
  #make: () => CallQueue;
  #cursor: Iterator<[string, CallQueue]> | undefined;
  #isClosed = false;

  constructor(make: () => CallQueue) {
    this.#make = make;
  }

  get(key: string): CallQueue {
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    this.#sweep();
    const made = this.#make();
    if (this.#isClosed) made.refuseFurther();
    else this.#queues.set(key, made);
    return made;
  }

  get size(): number {
    return this.#queues.size;
  }

  /** All queues that there are. */
  all(): CallQueue[] {
    return [...this.#queues.values()];
  }

  /** Makes no more queues; returns those that there are. */
  close(): CallQueue[] {
    this.#isClosed = true;
    return this.all();
  }

  #sweep(): void {
    for (let i = 0; i < LOOKS; i++) {
      this.#cursor ??= this.#queues.entries();
      const { done, value } = this.#cursor.next();
      if (done) {
        this.#cursor = undefined;
        return;
      }
      if (value[1].isUnused()) this.#queues.delete(value[0]);
    }
  }
}
