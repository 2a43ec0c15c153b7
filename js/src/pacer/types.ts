import type { Share } from "../share/settings.js";
import type { Amount, Duration, Policy, Rate, Redis } from "../types.js";

export type { Share } from "../share/settings.js";

/** What {@link Pacer.update} changes; what is absent stays. */
export interface PacerUpdate<N extends string = string> {
  /** The new limit of every policy, or of some by name: whole numbers from 1 to 2^53 − 1. Windows stay. */
  limit?: Amount<N>;
  /** How many calls may run at once: a whole number from 1, or `Infinity` for any. */
  concurrency?: number;
}

/** What one call brings along. */
export interface PaceOptions<N extends string = string> {
  /** What the call costs: whole numbers from 0 to 2^53 − 1; 1 when absent. */
  cost?: Amount<N>;
  /**
   * Calls with a higher one go first in their lane: a step counts like 10 s of waiting, so nobody starves. Whole
   * numbers from −1,000,000 to 1,000,000; 0 when absent.
   */
  priority?: number;
  /** Takes the call back while it waits; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Longest wait; the pacer's when absent. A call that may not go by then rejects with `TIMEOUT`. */
  maxDelay?: Duration;
  /** Lanes that wait take turns, so that one tenant's calls do not hold up the others'. */
  lane?: string;
}

/** What the function of a call is given. Its members may be taken out of it. */
export interface Job<N extends string = string> {
  /** Aborted when the caller's signal is, and when the pacer is closed without waiting. */
  readonly signal: AbortSignal;
  /** 1 at first; one more with each retry. */
  readonly attempt: number;
  /**
   * Corrects what the call has taken to what it really cost: a number for every policy, or one for some by name, and the
   * others stay. Without effect once the call has ended.
   */
  settle(actual: Amount<N>): void;
}

/** Whether, and after what time, a call that failed goes again. */
export type Retry = number | ((error: unknown, attempt: number) => Duration | false);

/** What a pacer is made from. */
export type PacerOptions<N extends string = string> = (
  | PacedPolicy<N>
  | { policies: readonly (PacedPolicy<N> | Rate)[] }
  | { concurrency: number }
) & {
  /** Name of the pacer; for a quota that processes share. */
  name?: string;
  /** How many calls may run at once: a whole number from 1; any when absent. */
  concurrency?: number;
  /** Longest wait of a call; as long as it takes when absent. */
  maxDelay?: Duration;
  /** How many calls may wait; any number when absent. One more rejects with `QUEUE_FULL`. */
  maxQueue?: number;
  /**
   * How often a call goes again that was refused by the other side (status 429 or 503, or 403 with a time or a limit that is used up), or a function that says after
   * what time a call that failed goes again; 0 when absent. It waits its turn each time.
   */
  retry?: Retry;
  /** Whether `fetch` and errors teach the pacer what the other side has left; true when absent. */
  learn?: boolean;
  /**
   * Shares the quota with all processes that give the same `name` here: a URL, a client, or two of them, one that
   * publishes and one that subscribes. See `docs/shared-quota.md`.
   */
  redis?: Redis | readonly [publisher: object, subscriber: object] | undefined;
  /** How it is shared; `"peers"` when absent. */
  share?: Share | undefined;
};

/** A limit that is counted in a sliding window, exactly. */
export type PacedPolicy<N extends string = string> = Pick<Policy<N>, "name" | "limit" | "window">;

/** How a pacer stands. */
export interface PacerStats {
  /** Calls that wait. */
  waiting: number;
  /** Calls that run. */
  running: number;
  /** What this process may use of the first policy's limit now. */
  share: number;
  /** The first policy's limit; `Infinity` where only the concurrency is bounded. */
  quota: number;
  /** How many processes share the quota, this one included. */
  peers: number;
  /** The cost that has started in the first policy's present window. */
  startedInWindow: number;
  /** How long nothing starts; 0 without a pause, `Infinity` for one without an end. */
  pausedMs: number;
}

/** What {@link Pacer.on} reports. */
export interface PacerEvents {
  /** A listener threw; or Redis, where the quota is shared. */
  error: Error;
  /** What this process may use of the first policy (or of the concurrency, where there is none) has changed. */
  share: { now: number; was: number };
  /** How many processes share the quota, this one included. */
  peers: number;
  /** This process is cut off from the others and starts nothing (true), or is back (false). */
  fenced: boolean;
  /** Another process says that the quota of this name is something else. */
  conflict: { ours: string; theirs: string };
  /** Nothing starts for a while: `from` is `"pause"`, or the status of the response that asks for it. */
  paused: { ms: number; from: string };
  /** A call goes again. */
  retry: { attempt: number; afterMs: number };
}

/** Calls functions as soon as limits and concurrency allow. */
export interface Pacer<N extends string = string> {
  /** Calls `fn` when its turn comes, and settles as it does. */
  <T>(fn: (job: Job<N>) => T | PromiseLike<T>, options?: PaceOptions<N>): Promise<T>;
  /** A function that paces every call of `fn`. */
  wrap<A extends unknown[], R>(
    fn: (...args: A) => R | PromiseLike<R>,
    options?: PaceOptions<N>,
  ): (...args: A) => Promise<R>;
  /** The results for `items`, in their order. Items are taken as there is room for them. */
  map<I, R>(
    items: Iterable<I> | AsyncIterable<I>,
    fn: (item: I, job: Job<N>) => R | PromiseLike<R>,
    options?: PaceOptions<N>,
  ): AsyncIterable<R>;
  /** `fetch` that waits its turn, and learns from what the answers tell about limits. */
  fetch: typeof globalThis.fetch;
  /** A pacer with a budget of its own for `key`; one that is idle vanishes. */
  for(key: string): Pacer<N>;
  /**
   * Changes limits and concurrency at once, for all keys. What has started still counts, what runs goes on; a call that
   * waits and costs more than a new limit rejects with `TOO_LARGE`.
   */
  update(changes: PacerUpdate<N>): void;
  /** Starts nothing for a time, or until `resume`. */
  pause(duration?: Duration): void;
  /** Ends a pause. */
  resume(): void;
  /** Rejects all calls that wait, with `CLEARED` or `reason`. */
  clear(reason?: unknown): void;
  /** Resolves when nothing waits or runs. */
  onIdle(): Promise<void>;
  stats(): PacerStats;
  /** Listens; returns what ends it. An event without a listener is no error. */
  on<E extends keyof PacerEvents>(event: E, listener: (event: PacerEvents[E]) => void): () => void;
  /**
   * Takes no more calls. Those that wait reject with `CLOSED`, and the signals of those that run are aborted: at once,
   * or with `drain` after all of them have ended or that time has passed.
   */
  close(options?: { drain?: boolean | Duration }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
