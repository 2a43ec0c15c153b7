import { engine as chosen } from "#engine";

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

/** A dialect of header fields: its name, and its fields in the order of {@link EngineLimiter.headers}. */
export interface EngineDialect {
  name: string;
  fields: readonly string[];
}

/** The one interface between TypeScript and an engine. Times are whole microseconds; errors have a `code`. */
export interface Engine {
  readonly kind: "native" | "wasm";
  createLimiter(config: EngineConfig, scratch: Float64Array): EngineLimiter;
  dialects(): readonly EngineDialect[];
  parseDuration(text: string): number;
  parseRate(text: string): { limit: number; windowMicros: number };
}

/** The engine of this environment; `package.json` says which file of `engines/` chooses it. */
export const engine: Engine = chosen;
