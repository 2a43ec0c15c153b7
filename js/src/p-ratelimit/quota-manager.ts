import { Listeners } from "../events.js";
import type { PacerSettings } from "../pacer/options.js";
import { CallQueue, type Failures } from "../pacer/queue.js";
import type { PacerEvents } from "../pacer/types.js";
import type { SharedQuota } from "../share/shared-quota.js";
import { type Quota, quotaSettings } from "./quota.js";

/** Calls that fail are the caller's business. */
const LEFT_ALONE: Failures = { onError: () => undefined, onSuccess: () => {} };

/** The queue of a manager; for {@link pRateLimit}. */
const queues = new WeakMap<QuotaManager, CallQueue>();

export function queueOf(manager: QuotaManager): CallQueue {
  return queues.get(manager) as CallQueue;
}

/** Keeps track of calls under a quota. */
export class QuotaManager {
  readonly #quota: Quota;
  readonly #queue: CallQueue;
  /** Tickets of calls that were started by hand. */
  readonly #started: number[] = [];

  /** @throws TollgateError where the quota cannot be used: "Invalid Quota" where only one of interval and rate is given. */
  constructor(quota: Quota);
  /** @internal */
  constructor(quota: Quota, join: (settings: PacerSettings) => SharedQuota);
  constructor(quota: Quota, join?: (settings: PacerSettings) => SharedQuota) {
    this.#quota = isQuota(quota) ? { ...quota } : noQuota();
    const settings = quotaSettings(this.#quota);
    this.#queue = new CallQueue(settings, new Listeners<PacerEvents>(), LEFT_ALONE, join?.(settings));
    queues.set(this, this.#queue);
  }

  /** True when the quota is in force. */
  get ready(): boolean {
    return true;
  }

  /** The quota, as a copy. */
  get quota(): Quota {
    return { ...this.#quota };
  }

  /** How many calls run. */
  get activeCount(): number {
    return this.#queue.stats().running;
  }

  /** Longest wait of a call in milliseconds; 0 for any. */
  get maxDelay(): number {
    return this.#quota.maxDelay ?? 0;
  }

  /** How many calls may start in one interval; `Infinity` without a rate. */
  get effectiveRate(): number {
    return this.#queue.stats().share;
  }

  /** Says that a call starts, if it may: false when it may not now, or others wait. */
  start(weight = 1): boolean {
    const ticket = this.#queue.start(weight);
    if (ticket !== undefined) this.#started.push(ticket);
    return ticket !== undefined;
  }

  /** Says that a call has ended that `start` allowed. */
  end(): void {
    const ticket = this.#started.pop();
    if (ticket !== undefined) this.#queue.end(ticket);
  }

  /** Takes no more calls; those that wait reject with `CLOSED`. */
  async close(): Promise<void> {
    this.#queue.endAll();
  }
}

function isQuota(given: unknown): given is Quota {
  return typeof given === "object" && given !== null;
}

/** As p-ratelimit does. */
function noQuota(): Quota {
  console.warn("[tollgate QuotaManager] A QuotaManager was created with no quota: nothing is limited.");
  return {};
}
