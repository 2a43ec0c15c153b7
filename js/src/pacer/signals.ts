/** Calls that wait, by the signal that takes them back. A signal has one listener, however many calls wait for it. */
export class Signals<T> {
  #waiting = new Map<AbortSignal, Watch<T>>();
  #onAbort: (calls: Iterable<T>, reason: unknown) => void;

  /** `onAbort` is given all calls of a signal that is aborted. */
  constructor(onAbort: (calls: Iterable<T>, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  add(signal: AbortSignal, call: T): void {
    let watch = this.#waiting.get(signal);
    if (watch === undefined) {
      watch = { calls: new Set(), listener: () => this.#abort(signal) };
      this.#waiting.set(signal, watch);
      signal.addEventListener("abort", watch.listener);
    }
    watch.calls.add(call);
  }

  delete(signal: AbortSignal, call: T): void {
    const watch = this.#waiting.get(signal);
    if (watch?.calls.delete(call) && watch.calls.size === 0) this.#forget(signal, watch);
  }

  #abort(signal: AbortSignal): void {
    const watch = this.#waiting.get(signal);
    if (watch === undefined) return;
    this.#forget(signal, watch);
    this.#onAbort(watch.calls, signal.reason);
  }

  #forget(signal: AbortSignal, watch: Watch<T>): void {
    signal.removeEventListener("abort", watch.listener);
    this.#waiting.delete(signal);
  }
}

interface Watch<T> {
  calls: Set<T>;
  listener: () => void;
}
