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

/** How presence is kept; what is absent takes the core's default. */
export interface EnginePresenceConfig {
  ttlMicros?: number;
  heartbeatMicros?: number;
  graceMicros?: number;
  /** Bytes of a member's data. */
  maxData?: number;
}

/**
 * Presence in this process. Texts are well-formed (no lone surrogates), sessions whole numbers that are never used
 * twice, answers with members in them JSON. After each call, `drain` hands out what has happened.
 */
export interface EngineRoster {
  join(room: string, id: string, session: number, user: string | undefined, data: string, now: number): void;
  /** False where the session holds no such member. */
  update(room: string, id: string, session: number, data: string, now: number): boolean;
  leave(room: string, id: string, session: number, now: number): boolean;
  /** `{"members":[…],"cursor":"…"}` after `cursor`, `""` for the first page. */
  members(room: string, cursor: string, limit: number, now: number): string;
  /** Members and users, separated by a space. */
  count(room: string, now: number): string;
  has(room: string, id: string, now: number): boolean;
  /** Starts a watch; its first changes are everybody who is there. */
  watch(room: string, now: number): number;
  /** `{"joined":[…],"updated":[…],"left":[…]}`, or `""` where nothing has changed. */
  changes(watch: number): string;
  unwatch(watch: number): void;
  /** `{"next":…,"events":[…]}`: `next` is when to call again, −1 for never; `""` for neither. */
  drain(now: number): string;
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
  createBreaker(config: EngineBreakerConfig): EngineBreaker;
  createDenials(config: EngineDenialsConfig, scratch: Float64Array): EngineDenials;
  createRoster(config: EnginePresenceConfig): EngineRoster;
  dialects(): readonly EngineDialect[];
  parseDuration(text: string): number;
  parseRate(text: string): { limit: number; windowMicros: number };
}

/** The engine of this environment; `package.json` says which file of `engines/` chooses it. */
export const engine: Engine = chosen;
