import type { Subscriber } from "./subscriber.js";

/** A subscriber sends nothing by itself, so a connection whose other end is gone would stay for ever. */
const EVERY_MS = 10_000;
const ANSWER_WITHIN_MS = 5_000;

/** A channel that nobody publishes on: all clients can subscribe to it while they hear others. */
const PROBE = "tollgate:probe";

/** Asks a subscriber now and then whether it is there, and calls `lost` when it is not. Returns what ends that. */
export function lostWhenSilent(subscriber: Subscriber, lost: (error: Error) => void): () => void {
  let late: Timer | undefined;
  const every = setInterval(async () => {
    clearTimeout(late);
    late = unheld(setTimeout(() => lost(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS));
    const asked = late;
    try {
      await subscriber.add("channel", PROBE);
      await subscriber.remove("channel", PROBE);
    } catch {
      // An error is an answer too; a broken connection says so itself.
    }
    clearTimeout(asked);
  }, EVERY_MS);
  unheld(every);
  return () => {
    clearInterval(every);
    clearTimeout(late);
  };
}

type Timer = ReturnType<typeof setTimeout>;

function unheld<T extends Timer | ReturnType<typeof setInterval>>(timer: T): T {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
