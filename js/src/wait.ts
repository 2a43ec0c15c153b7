/** The longest time a timer takes; above it, Node fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

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
