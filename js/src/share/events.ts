import { TollgateError } from "../errors.js";
import type { Listeners } from "../events.js";
import type { PacerEvents } from "../pacer/types.js";
import type { SharedQueue, ShareHost } from "./shared-quota.js";

/** Tells what happens in the group as events of a pacer. */
export function shareEvents(listeners: Listeners<PacerEvents>, queues: () => Iterable<SharedQueue>): ShareHost {
  let hasStarved = false;
  return {
    queues,
    share: (now, was) => listeners.emit("share", { now, was }),
    members: (count) => listeners.emit("peers", count),
    fenced: (isFenced) => listeners.emit("fenced", isFenced),
    conflict: (ours, theirs) => listeners.emit("conflict", { ours, theirs }),
    error: (error) => listeners.emit("error", error),
    starved: () => {
      if (!hasStarved) listeners.emit("error", starvedError());
      hasStarved = true;
    },
  };
}

/** The error of calls that wait without a share. */
export function starvedError(): TollgateError {
  return new TollgateError(
    "SHARE_STARVED",
    "calls wait, and this process has no share: the quota is smaller than the number of processes",
    'Use split: "even" in all processes (and no p-ratelimit beside it), so that they take turns; or fewer processes.',
  );
}
