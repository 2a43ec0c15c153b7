import { nowMicros } from "./clock.js";
import type { CheckOptions, Decision, WaitOptions } from "./types.js";
import { checkOptions, micros } from "./validate.js";

/** The longest time a timer takes; above it, Node fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What ends the waits of a limiter that is closed. */
export class Closing {
  /** Made by the first wait: Workers allow none while a module is loaded, which is when limiters are made. */
  #controller: AbortController | undefined;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Waits that were begun before reject with `reason`. */
  abort(reason: Error): void {
    this.#controller?.abort(reason);
  }
}

/** Resolves after `ms`, or when a timer can take no more; rejects with the reason of a signal that is aborted. */
export function waitFor(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const given = signals.filter((signal) => signal !== undefined);
    const aborted = given.find((signal) => signal.aborted);
    if (aborted !== undefined) {
      reject(aborted.reason);
      return;
    }
    const end = (finish: () => void) => {
      clearTimeout(timer);
      for (const signal of given) signal.removeEventListener("abort", abort);
      finish();
    };
    const abort = (event: Event) => end(() => reject((event.target as AbortSignal).reason));
    const timer = setTimeout(() => end(resolve), Math.min(Math.ceil(ms), MAX_TIMER_MS));
    for (const signal of given) signal.addEventListener("abort", abort);
  });
}

/**
 * Checks until a call may go; each refusal says how long to wait for the next. A refusal that outlasts `maxDelay`, or
 * can never end, is the answer.
 */
export async function waitUntilAllowed<N extends string>(
  options: WaitOptions<N>,
  closing: AbortSignal,
  check: (asked: CheckOptions<N>) => Decision<N> | Promise<Decision<N>>,
): Promise<Decision<N>> {
  checkOptions("options", options as unknown, ["cost", "limit", "maxDelay", "signal"]);
  const { maxDelay, signal, ...asked } = options;
  const longest = maxDelay === undefined ? Number.POSITIVE_INFINITY : micros("CONFIG_MAX_DELAY", "maxDelay", maxDelay);
  const deadline = nowMicros() + longest;
  for (;;) {
    signal?.throwIfAborted();
    const found = check(asked);
    // A limiter that answers at once has its timer set at once: a test may move the clock right after the call.
    const decision = found instanceof Promise ? await found : found;
    const { allowed, retryAfterMs } = decision;
    if (allowed || !Number.isFinite(retryAfterMs) || nowMicros() + retryAfterMs * 1000 > deadline) return decision;
    await waitFor(retryAfterMs, signal, closing);
  }
}
