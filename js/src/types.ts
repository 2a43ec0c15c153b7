import type { HeaderDialect } from "./headers.js";
import type { DECIDER } from "./store/decider.js";

/** A unit of time; `"m"` is a minute. */
export type Unit = "ms" | "s" | "m" | "h" | "d";
/** A length of time: a number of milliseconds, or a number with its unit such as `"30s"` or `"1.5 h"`. */
export type Duration = number | `${number}${Unit}` | `${number} ${Unit}`;
/** A limit and its window in one string: `"100 per minute"`, `"5 per 10s"`, `"100/1m"`. */
export type Rate = `${number} per ${string}` | `${number}/${string}`;

/** How a limit is counted; `docs/algorithms.md` states what each one admits at most. */
export type Algorithm = "fixed-window" | "sliding-window" | "token-bucket";

/** One limit. */
export interface Policy<N extends string = string> {
  /** Name in decisions and headers; printable ASCII, at most 64 characters. */
  name?: N;
  /** How much may go in one window: a whole number from 1 to 2^53 − 1. */
  limit: number;
  /** Length of the window, from 1 ms to 10 years. */
  window: Duration;
  /** How it is counted; `"fixed-window"` when absent. */
  algorithm?: Algorithm;
  /** Token bucket only: how much may go at once; the limit when absent. */
  burst?: number;
  /** How long a key is refused once it has exceeded this policy. */
  blockFor?: Duration;
}

/** One policy, or several that must all allow a call. */
export type Rules<N extends string = string> = Policy<N> | { policies: readonly (Policy<N> | Rate)[] };

/** An amount for every policy, or one for each by name (0 for those that are not named). */
export type Amount<N extends string = string> = number | { readonly [K in N]?: number };

/** A Redis URL, or a client found by its methods. */
export type Redis =
  | string
  | { duplicate?: Method }
  | { evalsha: Method }
  | { evalSha: Method }
  | { readonly [DECIDER]: Method };
type Method = (...args: never) => unknown;

/** Where state is kept, and what happens when that place fails. */
export interface StoreOptions {
  /** Name of the limiter: limiters of that name share their state, in all processes. */
  name?: string;
  /** The store that all processes share; undefined for the memory of this process. */
  redis?: Redis | undefined;
  /** What all keys in the store begin with; `"tollgate"` when absent. */
  prefix?: string;
  /**
   * What happens to calls that the store does not decide: `"open"` lets them go (default), `"closed"` refuses them
   * with status 503, `"local"` decides them in this process.
   */
  onStoreError?: "open" | "closed" | "local";
  /** Longest wait for the store, from 1 ms to 60 s; 250 ms over TCP and 1 s over HTTP when absent. */
  storeTimeout?: Duration;
  /**
   * The part of each limit that `"local"` allows in this process, such as `1 / 4` with four; 1 when absent. A function is
   * asked at each use, such as `() => 1 / pacer.stats().peers`; each part has a count of its own.
   */
  localShare?: number | (() => number);
  /**
   * How long at most a refusal is remembered in this process instead of asking again; 1 s when absent, `false` for
   * never. Nothing is remembered once a limiter has refunded, nor for calls that bring a limit.
   */
  denialCache?: Duration | false;
}

/** What a limiter is made from. */
export type LimiterOptions<N extends string = string> = Rules<N> &
  StoreOptions & {
    /** How many keys are kept in memory at most, from 16 to 268,435,456; 1,000,000 when absent. */
    maxKeys?: number;
  };

/** One policy's part of a decision. */
export interface PolicyState<N extends string = string> {
  name: N;
  /** The limit in force: the policy's own, or the one given with the call. */
  limit: number;
  /** What is left, in units of cost. */
  remaining: number;
  /** Milliseconds until this policy is as if never used. */
  resetAfterMs: number;
}

/** The answer to "may this go now?". */
export interface Decision<N extends string = string> {
  /** Whether the call may go. */
  readonly allowed: boolean;
  /** Name of the binding policy: where refused, the one that holds back longest; else the tightest. */
  readonly policy: N;
  /** The binding policy's limit. */
  readonly limit: number;
  /** What is left of the binding policy. */
  readonly remaining: number;
  /** Milliseconds until a refused call would be allowed, exact to the microsecond; 0 when allowed, `Infinity` when it never fits. */
  readonly retryAfterMs: number;
  /** Milliseconds until the binding policy is as if never used. */
  readonly resetAfterMs: number;
  /** What every policy said. */
  readonly policies: readonly PolicyState<N>[];
  /** Who decided. */
  readonly source: "memory" | "store" | "cache" | "local" | "open" | "closed";
}

/** What one call brings along. */
export interface CheckOptions<N extends string = string> {
  /** What the call costs: whole numbers from 0 to 2^53 − 1; 1 when absent. */
  cost?: Amount<N>;
  /** The caller's own limit (a plan), from 1 to 2^53 − 1. Each limit has a state of its own. */
  limit?: Amount<N>;
}

/** {@link CheckOptions}, and how long to wait. */
export interface WaitOptions<N extends string = string> extends CheckOptions<N> {
  /** Longest wait; without it, as long as it takes. A longer one is answered at once with the refusal. */
  maxDelay?: Duration;
  /** Ends the wait; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What {@link Limiter.on} reports. */
export interface LimiterEvents {
  /** Something of ours failed, or a listener threw. */
  error: Error;
  /** A store failed, and decisions are now made without it. */
  degraded: Error;
  /** The store answers again. */
  recovered: undefined;
  /** A call was refused. */
  limited: { key: string; decision: Decision };
  /** The table is full of keys in use: new keys share buckets. Reported at most once a minute. */
  overflow: { keys: number };
}

/** Counters since the limiter was made. */
export interface LimiterStats {
  allowed: number;
  denied: number;
  /** Refusals that a middleware with `dryRun` let through. */
  wouldDeny: number;
  failedOpen: number;
  failedClosed: number;
  cached: number;
  /** Keys held now. */
  keys: number;
  /** Decisions that used a shared bucket because the table was full. */
  overflowed: number;
  storeMs: { p50: number; p99: number };
}

/** Decides whether calls may go, for any number of keys. */
export interface Limiter<N extends string = string> {
  /** Decides, and charges every policy if all of them allow. A refusal consumes nothing. */
  check(key: string, options?: CheckOptions<N>): Promise<Decision<N>>;
  /** What `check` would answer; consumes nothing. */
  peek(key: string, options?: CheckOptions<N>): Promise<Decision<N>>;
  /** Waits until the call may go, then charges it. */
  wait(key: string, options?: WaitOptions<N>): Promise<Decision<N>>;
  /** Gives back what a decision took, once; nothing when its window has ended. */
  refund(key: string, decision: Decision<N>): Promise<void>;
  /** Corrects what a decision took to what the call really cost; policies that are not named stay as they are. */
  settle(key: string, decision: Decision<N>, actual: Amount<N>): Promise<void>;
  /** Forgets a key: its use and its block. */
  reset(key: string): Promise<void>;
  /** Refuses a key for a time. */
  block(key: string, duration: Duration): Promise<void>;
  /** Counters and sizes. */
  stats(): LimiterStats;
  /** Listens; returns what ends it. An event without a listener is no error. */
  on<E extends keyof LimiterEvents>(event: E, listener: (event: LimiterEvents[E]) => void): () => void;
  /** Ends waiting calls and frees memory; later calls reject with `CLOSED`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A limiter in this process: it can answer at once. */
export interface MemoryLimiter<N extends string = string> extends Limiter<N> {
  /** {@link Limiter.check} without a promise. */
  checkSync(key: string, options?: CheckOptions<N>): Decision<N>;
  /** {@link Limiter.peek} without a promise. */
  peekSync(key: string, options?: CheckOptions<N>): Decision<N>;
}

/** A value, or how to get it from a request. */
export type Of<C, T> = T | ((ctx: C) => T | Promise<T>);

/** What every middleware takes; `C` is the framework's request or context. */
export type HttpOptions<C, N extends string = string> = (
  | { limiter: Limiter<N> }
  | (((Omit<Policy<N>, "limit"> & { limit: Of<C, number> }) | { policies: readonly (Policy<N> | Rate)[] }) &
      Omit<StoreOptions, "redis"> & {
        /** A store, or how to get it from a request: Workers know theirs only then. */
        redis?: Redis | undefined | ((ctx: C) => Redis | undefined | Promise<Redis | undefined>);
        maxKeys?: number;
      })
) & {
  /** Whose call this is; the client's address when absent. */
  key?: (ctx: C) => string | Promise<string>;
  /** Where `key` throws or returns nothing: one bucket for all such calls (default), let through, or refuse. */
  onKeyError?: "shared" | "open" | "closed";
  /** Calls that are not counted. */
  skip?: (ctx: C) => boolean | Promise<boolean>;
  /**
   * Keys that are not counted: as `key` gives them. An address may be written in any way and stands for its
   * `clientKey`, which for IPv6 is the whole /56.
   */
  allowList?: readonly string[];
  /** What this call costs; 1 when absent. */
  cost?: (ctx: C) => Amount<N> | Promise<Amount<N>>;
  /** This caller's own limits, by policy. */
  limits?: (ctx: C) => Amount<N> | Promise<Amount<N>>;
  /** Gives back what calls took that ended with a status below 400. */
  skipSuccessfulRequests?: boolean;
  /** Gives back what calls took that ended with a status of 400 or more. */
  skipFailedRequests?: boolean;
  /** Which header fields to write; `"draft-11"` when absent, `false` for none but Retry-After. */
  headers?: HeaderDialect;
  /** Status of a refusal; 429 when absent. */
  statusCode?: number;
  /** Body of a refusal, or how to get it: a string as text, anything else as JSON; problem+json when absent. */
  message?: string | object | ((ctx: C) => unknown) | undefined;
  /** Only count: nothing is refused and no header written; `stats().wouldDeny` says what would have been refused. */
  dryRun?: boolean;
  /** Called for each refusal that a decision led to, in a dry run too. What it throws is told on the console. */
  onLimited?: (ctx: C, decision: Decision<N>) => void;
};
