import type { EngineConfig, EngineLimiter } from "../engine.js";
import type { Decision } from "../types.js";

/**
 * A place outside this process that decides for one limiter.
 *
 * What a call asks lies in the scratch array, as for the calls of an {@link EngineLimiter}: it has to be read before
 * the method returns. Promises reject with a TollgateError (`STORE_…`) when the store failed or has not answered
 * within the deadline, and never later than that.
 */
export interface Decider {
  /** Decides and charges. The decision's source is `"store"`. */
  consume(key: string): Promise<Decision>;
  /** What `consume` would answer. */
  peek(key: string): Promise<Decision>;
  /** Corrects the decision in the scratch array to the costs given there. */
  settle(key: string): Promise<void>;
  /** Forgets a key. */
  reset(key: string): Promise<void>;
  /** Blocks a key for the duration given in the place of the cost. */
  block(key: string): Promise<void>;
  /** Frees what it opened itself; calls that are out end by their deadline. */
  close(): Promise<void>;
}

/** What a decider is made from. */
export interface StoreSpec {
  /** The limiter's name; undefined where its user gave none. */
  name: string | undefined;
  /** What all keys begin with. */
  prefix: string;
  policies: EngineConfig["policies"];
  /** Names the policies, and makes decisions of what lies in the scratch array. */
  engine: EngineLimiter;
  /** The deadline of a call; undefined for what suits the kind of connection. */
  timeoutMs: number | undefined;
  /** Told of what does not belong to a call. */
  onError(error: Error): void;
  /** Told how many microseconds a call to the store took that was answered. */
  onAnswer(micros: number): void;
}

/** The method of what `redis` may be besides a URL or a client: it makes its deciders itself. */
export const DECIDER: unique symbol = Symbol.for("tollgate.decider");

/** A store that is no Redis, such as `durable(ns)`. */
export interface DeciderSource {
  [DECIDER](spec: StoreSpec): Decider;
}

/** Whether `redis` makes its deciders itself. */
export function isDeciderSource(redis: unknown): redis is DeciderSource {
  return typeof redis === "object" && redis !== null && DECIDER in redis;
}
