import type { Redis, StoreOptions } from "../types.js";

/** How a bus is made. */
export interface BusOptions extends Pick<StoreOptions, "prefix" | "storeTimeout"> {
  /** Buses of one name get each other's messages; `"default"` when absent. */
  name?: string;
  /**
   * What carries messages to other processes: a Redis URL, a client of ioredis or node-redis (a second connection is
   * opened beside it), or two of them, one that publishes and one that subscribes. Undefined for this process alone.
   */
  redis?: Redis | readonly [publisher: Redis, subscriber: Redis] | undefined;
}

/** Messages were missed. */
export type Resync =
  | {
      /** A subscriber was too slow. */
      reason: "slow";
      /** What it has subscribed to. */
      topic: string;
      /** How many messages it has missed at this point. */
      missed: number;
    }
  | {
      /** The connection was lost, and all subscriptions are in force again: any may have missed messages of others. */
      reason: "reconnected";
    };

/** Events of a bus. */
export interface BusEvents {
  /** Messages were lost: what was put together from them should be read anew. */
  resync: Resync;
  /** What a subscriber, or a listener, threw; and why a connection was lost (a TollgateError `STORE_…`). */
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
  /** Messages published here that Redis has not taken, or has not said so in time. */
  unsent: number;
  /** What came from Redis and was no message, or too long: dropped. */
  broken: number;
}

/**
 * Messages by topic, to all who have subscribed: in the order in which each publisher sent them, at most once. `M` maps
 * topics to what is published there.
 */
export interface Bus<M extends Record<string, unknown> = Record<string, unknown>> {
  /**
   * Sends a message: anything that JSON can say, in 1,048,576 characters of it. Subscribers get copies; those of this
   * process before this returns. With Redis, the promise resolves when Redis has taken the message, and rejects with
   * `STORE_…` where it has not within `storeTimeout` (2 s more for the first connection): the others may miss it, and it
   * is not sent again. A rejection that nobody handles is only counted, in `stats().unsent`.
   */
  publish<K extends keyof M & string>(topic: K, data: M[K]): Promise<void>;
  /**
   * Calls `listener` for each message of a topic, or of all topics that match a pattern, in which `*` stands for any
   * text. While a listener's promise is pending, its messages wait, 1,000 of them at most. Returns what ends it. With Redis, the promise resolves when the
   * subscription is in force, and rejects with `STORE_…` where there is none: then it is to be asked for again.
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
  /** Ends all subscriptions, and the connections that were opened for them; later calls reject with `CLOSED`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
