import type { PresenceChange } from "./types.js";

type Step<T> = IteratorResult<PresenceChange<T>, undefined>;

/** Where a watch gets its changes from. */
export interface WatchSource<T> {
  /** The next change; undefined while there is none. */
  take(): PresenceChange<T> | undefined;
  /** Called once, at the end. */
  close(): void;
}

/** A watch that somebody iterates. It holds no changes: they wait, summed up, in the source. */
export class WatchIterator<T> implements AsyncIterator<PresenceChange<T>, undefined> {
  #source: WatchSource<T> | undefined;
  #waiting: ((step: Step<T>) => void)[] = [];

  constructor(source: WatchSource<T>) {
    this.#source = source;
  }

  next(): Promise<Step<T>> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.wake();
    });
  }

  async return(): Promise<Step<T>> {
    this.end();
    return { done: true, value: undefined };
  }

  /** There may be something to tell. */
  wake(): void {
    while (this.#waiting.length > 0) {
      const value = this.#source?.take();
      if (value === undefined && this.#source !== undefined) return;
      this.#waiting.shift()?.(value === undefined ? { done: true, value } : { done: false, value });
    }
  }

  /** Nothing comes any more. */
  end(): void {
    const source = this.#source;
    this.#source = undefined;
    source?.close();
    this.wake();
  }
}
