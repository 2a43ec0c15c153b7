import { optionError, TollgateError } from "../errors.js";
import type { PacerSettings } from "../pacer/options.js";

/** How much may go: the vocabulary of p-ratelimit. */
export interface Quota {
  /** Length of the sliding window in milliseconds: a whole number; together with `rate`. */
  interval?: number;
  /** How many calls may start in any window, or their weights together: a whole number; together with `interval`. */
  rate?: number;
  /** How many calls may run at once: a whole number; any when absent. */
  concurrency?: number;
  /** Longest wait of a call in milliseconds: a whole number; any when 0 or absent. */
  maxDelay?: number;
  /** For a quota that servers share: start at once with all of it. */
  fastStart?: boolean;
  /** For a quota that servers share: at least one of them has a share of so many. */
  rateLowerBound?: number;
}

/** What a queue is made from for a quota. */
export function quotaSettings(quota: Quota): PacerSettings {
  const { interval, rate, concurrency, maxDelay } = quota;
  if ((interval === undefined) !== (rate === undefined)) throw incomplete(quota);
  const engine: PacerSettings["engine"] = { policies: [] };
  if (interval !== undefined && rate !== undefined) {
    engine.policies.push({
      name: "rate",
      limit: whole("CONFIG_LIMIT", "rate", rate),
      windowMicros: whole("CONFIG_WINDOW", "interval", interval) * 1000,
    });
  }
  if (concurrency !== undefined && concurrency !== Number.POSITIVE_INFINITY) {
    engine.concurrency = whole("CONFIG_CONCURRENCY", "concurrency", concurrency);
  }
  const delay = maxDelay === undefined ? 0 : whole("CONFIG_MAX_DELAY", "maxDelay", maxDelay, 0);
  return { engine, maxDelayMicros: delay === 0 ? undefined : delay * 1000, retry: 0, learn: false };
}

function incomplete(quota: Quota): TollgateError {
  return new TollgateError(
    "CONFIG_QUOTA",
    `Invalid Quota: ${JSON.stringify(quota)} has only one of interval and rate; expected both, or none`,
    "Give interval (in milliseconds) and rate together.",
  );
}

/** A number of milliseconds is at most what fits as microseconds. */
function whole(code: string, field: string, given: unknown, least = 1): number {
  const most = field === "rate" || field === "concurrency" ? Number.MAX_SAFE_INTEGER : 9_007_199_254_740;
  if (Number.isSafeInteger(given) && (given as number) >= least && (given as number) <= most) return given as number;
  throw optionError(code, field, given, `a whole number from ${least} to ${most}`);
}
