import type { StoreOptions } from "../types.js";

/** How a bus is made. */
export interface BusOptions extends Pick<StoreOptions, "name" | "redis" | "prefix" | "storeTimeout"> {}

/** Messages that a subscriber has not got. */
export interface Resync {
  /** Why: the subscriber is too slow. */
  reason: "slow";
  /** What it has subscribed to. */
  topic: string;
  /** How many messages it has missed at this point. */
  missed: number;
}

/** Events of a bus. */
export interface BusEvents {
  /** Messages were lost: what was put together from them should be read anew. */
  resync: Resync;
  /** What a subscriber, or a listener, threw. */
  error: unknown;
}

/** Counters of a bus. */
export interface BusStats {
  /** Subscriptions. */
  subscribers: number;
  /** Messages published here. */
  published: number;
  /** Messages handed to subscribers. */
  delivered: number;
  /** Messages that slow subscribers have missed. */
  dropped: number;
}

/**
 * Messages by topic, to all who have subscribed: in the order in which each publisher sent them, at most once. `M` maps
 * topics to what is published there.
 */
export interface Bus<M extends Record<string, unknown> = Record<string, unknown>> {
  /** Sends a message: anything that JSON can say. Subscribers get copies. */
  publish<K extends keyof M & string>(topic: K, data: M[K]): Promise<void>;
  /**
   * Calls `listener` for each message of a topic, or of all topics that match a pattern, in which `*` stands for any
   * text. While a listener's promise is pending, its messages wait, 1,000 of them at most. Returns what ends it.
   */
  subscribe<K extends keyof M & string>(
    topic: K,
    listener: (data: M[K], topic: string) => unknown,
  ): Promise<() => Promise<void>>;
  subscribe(
    pattern: `${string}*${string}`,
    listener: (data: M[keyof M], topic: string) => unknown,
  ): Promise<() => Promise<void>>;
  /** Listens; returns what ends it. */
  on<E extends keyof BusEvents>(event: E, listener: (event: BusEvents[E]) => void): () => void;
  /** Counters. */
  stats(): BusStats;
  /** Ends all subscriptions; later calls reject with `CLOSED`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
