import { engine as chosen } from "#limits";
import { type EngineScript, type EngineStore, readScripts, storeOf } from "./engine-store.js";

export {
  BLOCK,
  BUCKET,
  DECIDE,
  type DecisionScript,
  type EngineScript,
  type EngineStore,
  RESET,
  SETTLE,
  WINDOW,
} from "./engine-store.js";

/** One policy as the engine takes it; what is absent takes the core's default. */
export interface EnginePolicy {
  name?: string;
  limit: number;
  windowMicros: number;
  algorithm?: string;
  burst?: number;
  blockForMicros?: number;
}

/** What a limiter is made from. */
export interface EngineConfig {
  policies: EnginePolicy[];
  maxKeys?: number;
  /** The secret of the key hash: two random whole numbers below 2^53. */
  seed: [number, number];
}

/**
 * A limiter of the core. Its calls read their numbers from the scratch array and answer there, so that no
 * object crosses the boundary; `scratch.ts` has the layout.
 */
export interface EngineLimiter {
  readonly names: readonly string[];
  consume(key: string): void;
  peek(key: string): void;
  settle(key: string): void;
  reset(key: string): void;
  block(key: string): void;
  /** Values of a dialect's header fields for the decision in the scratch array, joined by newlines. */
  headers(dialect: number): string;
  /** The problem+json body for the refusal in the scratch array. */
  problem(status: number): string;
  /** Keys, decisions that used a shared bucket, and bytes, separated by spaces. */
  size(): string;
}

/** A limiter that can hand over what it knows of a key: that of the engine in WebAssembly. */
export interface SavingLimiter extends EngineLimiter {
  /**
   * All that is known of a key, as whole numbers. The third is the limiter's time; the fourth is when the key will be
   * as if never seen, 0 where it is so already.
   */
  save(key: string): Float64Array;
  /** Takes over what `save` returned, in a limiter that has seen nobody. */
  restore(key: string, saved: Float64Array): void;
  /** Frees its memory, which not every edge runtime does by itself; it is not used afterwards. */
  free(): void;
}

/** Where {@link SavingLimiter.save} says the limiter's time, which is all that a refused call changes. */
export const SAVED_LATEST = 2;
/** Where {@link SavingLimiter.save} says when the state ends. */
export const SAVED_ENDS = 3;

/** What a breaker is made from; what is absent takes the core's default. */
export interface EngineBreakerConfig {
  /** A random whole number below 2^53, so that processes do not probe in step. */
  seed: number;
  failures?: number;
  firstDelayMicros?: number;
  maxDelayMicros?: number;
}

/** What {@link EngineBreaker.mayAsk} answers: decide without the store, at once. */
export const ASK_NO = 0;
/** What {@link EngineBreaker.mayAsk} answers: ask the store. */
export const ASK_YES = 1;
/** What {@link EngineBreaker.mayAsk} answers: ask the store, as the one call that finds out whether it is back. */
export const ASK_PROBE = 2;

/**
 * Says when a store that fails is left alone. Each call that it lets through ends with exactly one of `succeeded` and
 * `failed`, with the answer that the call got. Times are those of one monotonic clock, in microseconds.
 */
export interface EngineBreaker {
  mayAsk(now: number): number;
  succeeded(ask: number, now: number): void;
  /** An error, or no answer within the deadline. */
  failed(ask: number, now: number): void;
  /** A call that was reported as failed was answered after all. */
  answeredLate(now: number): void;
  isOpen(): boolean;
  /** How often it has opened. */
  openings(): number;
  /** When the next probe may go; −1 while closed and while a probe is out. */
  nextProbe(): number;
}

/** What a cache of denials is made from; what is absent takes the core's default. */
export interface EngineDenialsConfig {
  /** The limit of each policy. */
  limits: number[];
  maxAgeMicros?: number;
  maxKeys?: number;
  /** As that of {@link EngineConfig}. */
  seed: [number, number];
}

/** Denials of a store, remembered for as long as they cannot change. The request is in the scratch array. */
export interface EngineDenials {
  /** Whether a denial is known for the request; it is in the scratch array then, else nothing was written there. */
  find(key: string): boolean;
  /** Remembers the decision in the scratch array, if it is a denial; the time there is when the store was asked. */
  learn(key: string): void;
  /**
   * Forgets a key, and ignores what was asked before the time in the scratch array: for when the store has reset or
   * refunded it, with answers from before still on their way.
   */
  forget(key: string): void;
}

/** What a limiter in a store is made from. */
export interface EngineStoreConfig {
  policies: EnginePolicy[];
  name: string;
  prefix: string;
}

/** What a binding makes of a limiter in a store: {@link EngineStore} in texts. */
export interface RawStore {
  /** What does not change between calls; `engine-store.ts` reads it. */
  plan(): string;
  escape(key: string): string;
  base(policy: number, limit: number): string;
  /** `peek` is 0 or 1, here and below. */
  text(peek: number): string;
  settleArgs(): string;
  blockArgs(): string;
  decision(script: number, peek: number): boolean;
}

/** A dialect of header fields: its name, and its fields in the order of {@link EngineLimiter.headers}. */
export interface EngineDialect {
  name: string;
  fields: readonly string[];
}

/** What a binding offers. Times are whole microseconds; errors have a `code`. */
export interface RawEngine {
  readonly kind: "native" | "wasm";
  createLimiter(config: EngineConfig, scratch: Float64Array): EngineLimiter;
  createBreaker(config: EngineBreakerConfig): EngineBreaker;
  createDenials(config: EngineDenialsConfig, scratch: Float64Array): EngineDenials;
  createStore(config: EngineStoreConfig, scratch: Float64Array): RawStore;
  /** Name, digest and text of each script, joined by NULs. */
  scripts(): string;
  dialects(): readonly EngineDialect[];
  parseDuration(text: string): number;
  parseRate(text: string): { limit: number; windowMicros: number };
}

/** The one interface between TypeScript and an engine. */
export interface Engine extends Omit<RawEngine, "createStore" | "scripts"> {
  createStore(config: EngineStoreConfig, scratch: Float64Array): EngineStore;
  /** What runs in Redis, by the numbers {@link WINDOW}, {@link DECIDE} … */
  scripts(): readonly EngineScript[];
}

let scripts: readonly EngineScript[] | undefined;

/** The engine of this environment; `package.json` says which file of `engines/limits/` chooses it. */
export const engine: Engine = {
  ...chosen,
  createStore: (config, scratch) => storeOf(chosen.createStore(config, scratch)),
  scripts: () => {
    scripts ??= readScripts(chosen.scripts());
    return scripts;
  },
};
