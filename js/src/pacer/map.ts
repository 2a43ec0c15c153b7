import type { CallQueue } from "./queue.js";
import type { Job, PaceOptions } from "./types.js";

/** Calls that are on their way before a result is taken, where the concurrency is not bounded. */
const USUAL_AHEAD = 64;

/** The results of `fn` for `items`, in their order; the first error ends it. */
export async function* pacedMap<I, R>(
  queue: CallQueue,
  items: Iterable<I> | AsyncIterable<I>,
  fn: (item: I, job: Job) => R | PromiseLike<R>,
  options: PaceOptions | undefined,
): AsyncGenerator<R, void, void> {
  const stop = new AbortController();
  const { signal: given } = options ?? {};
  const signal = given === undefined ? stop.signal : AbortSignal.any([given, stop.signal]);
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const ahead = Math.min(queue.concurrency ?? USUAL_AHEAD, USUAL_AHEAD);
  const results: Promise<R>[] = [];
  let isDone = false;
  try {
    for (;;) {
      while (!isDone && results.length < ahead) {
        const { done, value } = await source.next();
        isDone = done === true;
        if (isDone) break;
        const result = queue.pace((job) => fn(value as I, job), { ...options, signal });
        // It is looked at when its turn comes; until then, a failure is nobody's.
        result.catch(() => {});
        results.push(result);
      }
      const next = results.shift();
      if (next === undefined) return;
      yield await next;
    }
  } finally {
    stop.abort();
    if (!isDone) await source.return?.();
  }
}
