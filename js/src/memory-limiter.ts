import { nowMicros } from "./clock.js";
import { EngineDecision } from "./decision.js";
import type { EngineLimiter } from "./engine.js";
import { closedError, optionError } from "./errors.js";
import { Listeners } from "./events.js";
import { chargedBefore, writeActual, writeRequest, writeUsual } from "./request.js";
import { COST, NOW, scratch } from "./scratch.js";
import type {
  Amount,
  CheckOptions,
  Decision,
  Duration,
  LimiterEvents,
  LimiterStats,
  MemoryLimiter,
  WaitOptions,
} from "./types.js";
import { micros } from "./validate.js";
import { Closing, waitUntilAllowed } from "./wait.js";
import { WOULD_DENY } from "./would-deny.js";

const OVERFLOW_NOTICE_MICROS = 60_000_000;

/** A limiter in this process. */
export class InMemoryLimiter<N extends string> implements MemoryLimiter<N> {
  #engine: EngineLimiter;
  #consume: (key: string) => void;
  #names: readonly string[];
  #closed = false;
  #closing = new Closing();
  #listeners = new Listeners<LimiterEvents>();
  #allowed = 0;
  #denied = 0;
  #wouldDeny = 0;
  #overflowed = 0;
  #overflowNoticeAt = 0;

  constructor(made: EngineLimiter) {
    this.#engine = made;
    this.#consume = made.consume;
    this.#names = made.names;
  }

  checkSync(key: string, options?: CheckOptions<N>): Decision<N> {
    if (typeof key !== "string") this.#refuse(key);
    scratch[NOW] = nowMicros();
    if (options === undefined) writeUsual();
    else writeRequest(options, this.#names);
    this.#consume(key);
    const decision = new EngineDecision<N>(this.#engine);
    if (decision.allowed) this.#allowed++;
    else this.#onDenied(key, decision);
    return decision;
  }

  peekSync(key: string, options?: CheckOptions<N>): Decision<N> {
    this.#begin(key);
    if (options === undefined) writeUsual();
    else writeRequest(options, this.#names);
    this.#engine.peek(key);
    return new EngineDecision<N>(this.#engine);
  }

  async check(key: string, options?: CheckOptions<N>): Promise<Decision<N>> {
    return this.checkSync(key, options);
  }

  async peek(key: string, options?: CheckOptions<N>): Promise<Decision<N>> {
    return this.peekSync(key, options);
  }

  wait(key: string, options: WaitOptions<N> = {}): Promise<Decision<N>> {
    return waitUntilAllowed(options, this.#closing.signal, (asked) => this.checkSync(key, asked));
  }

  async refund(key: string, decision: Decision<N>): Promise<void> {
    this.#settle(key, decision, 0);
  }

  async settle(key: string, decision: Decision<N>, actual: Amount<N>): Promise<void> {
    this.#settle(key, decision, actual);
  }

  async reset(key: string): Promise<void> {
    this.#begin(key);
    this.#engine.reset(key);
  }

  async block(key: string, duration: Duration): Promise<void> {
    this.#begin(key);
    scratch[COST] = micros("CONFIG_BLOCK_FOR", "duration", duration);
    this.#engine.block(key);
  }

  stats(): LimiterStats {
    const [keys = 0, overflowed = 0] = this.#closed ? [0, this.#overflowed] : this.#size();
    return {
      allowed: this.#allowed,
      denied: this.#denied,
      wouldDeny: this.#wouldDeny,
      failedOpen: 0,
      failedClosed: 0,
      cached: 0,
      keys,
      overflowed,
      storeMs: { p50: 0, p99: 0 },
    };
  }

  on<E extends keyof LimiterEvents>(event: E, listener: (event: LimiterEvents[E]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#overflowed = this.#size()[1] ?? 0;
    this.#closed = true;
    this.#closing.abort(closedError());
    this.#engine = CLOSED_ENGINE;
    this.#consume = refuseClosed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [WOULD_DENY](): void {
    this.#wouldDeny++;
  }

  /** Starts a call: checks the key and sets the time. */
  #begin(key: string): void {
    if (typeof key !== "string" || this.#closed) this.#refuse(key);
    scratch[NOW] = nowMicros();
  }

  #refuse(key: unknown): never {
    if (this.#closed) throw closedError();
    throw optionError("CONFIG_KEY", "key", key, "a string");
  }

  #settle(key: string, decision: Decision<N>, actual: Amount<N>): void {
    if (EngineDecision.restore(decision) !== this.#engine && !this.#closed) {
      throw optionError("CONFIG_DECISION", "decision", decision, "a decision that this limiter returned");
    }
    this.#begin(key);
    writeActual(actual, this.#names, chargedBefore);
    this.#engine.settle(key);
  }

  #onDenied(key: string, decision: Decision<N>): void {
    this.#denied++;
    if (this.#listeners.has("limited")) this.#listeners.emit("limited", { key, decision });
    if (this.#listeners.has("overflow")) this.#noticeOverflow();
  }

  /** An overflow shows when somebody is refused who should not be: that is when to look. */
  #noticeOverflow(): void {
    const [keys = 0, overflowed = 0] = this.#size();
    const now = nowMicros();
    if (overflowed > this.#overflowed && now >= this.#overflowNoticeAt) {
      this.#overflowed = overflowed;
      this.#overflowNoticeAt = now + OVERFLOW_NOTICE_MICROS;
      this.#listeners.emit("overflow", { keys });
    }
  }

  #size(): number[] {
    return this.#engine.size().split(" ").map(Number);
  }
}

const refuseClosed = (): never => {
  throw closedError();
};

/** Stands in for the engine of a closed limiter, so that its memory can be freed. */
const CLOSED_ENGINE: EngineLimiter = {
  names: [],
  consume: refuseClosed,
  peek: refuseClosed,
  settle: refuseClosed,
  reset: refuseClosed,
  block: refuseClosed,
  headers: refuseClosed,
  problem: refuseClosed,
  size: refuseClosed,
};
