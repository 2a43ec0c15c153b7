import { nowMicros } from "../clock.js";
import { EngineDecision } from "../decision.js";
import type { EngineLimiter } from "../engine.js";
import { closedError, optionError } from "../errors.js";
import { Listeners } from "../events.js";
import { chargedBefore, writeActual, writeRequest, writeUsual } from "../request.js";
import { COST, NOW, scratch } from "../scratch.js";
import { seededLimiter } from "../seeded.js";
import type {
  Amount,
  CheckOptions,
  Decision,
  Duration,
  Limiter,
  LimiterEvents,
  LimiterStats,
  Redis,
  WaitOptions,
} from "../types.js";
import { micros, type RulesConfig } from "../validate.js";
import { Closing, waitUntilAllowed } from "../wait.js";
import { WOULD_DENY } from "../would-deny.js";
import type { Decider } from "./decider.js";
import { Deciders } from "./deciders.js";
import { Fallback } from "./fallback.js";
import { Percentiles } from "./percentiles.js";
import { Refusals } from "./refusals.js";
import type { StoreSettings } from "./settings.js";

/** How a middleware whose `redis` is a function names the store for the calls that follow at once. */
export const VIA: unique symbol = Symbol("tollgate.via");

/** A limiter whose state is in a store that others share. What it does when the store fails is its {@link Fallback}'s. */
export class StoreLimiter<N extends string> implements Limiter<N> {
  #engine: EngineLimiter;
  #deciders: Deciders;
  /** Undefined where a middleware has no store for this call: then this process decides. */
  #decider: Decider | undefined;
  #fallback: Fallback<N>;
  #refusals: Refusals;
  #times = new Percentiles();
  #closed = false;
  #closing = new Closing();
  #listeners = new Listeners<LimiterEvents>();
  #degraded = false;
  #allowed = 0;
  #denied = 0;
  #wouldDeny = 0;
  #cached = 0;

  constructor(config: RulesConfig, settings: StoreSettings, redis?: Redis) {
    this.#engine = seededLimiter(config);
    this.#fallback = new Fallback(config, settings, this.#engine);
    const limits = config.policies.map(({ limit }) => limit);
    this.#refusals = new Refusals(limits, settings.denialCacheMicros);
    this.#deciders = new Deciders({
      name: settings.name,
      prefix: settings.prefix,
      policies: config.policies,
      engine: this.#engine,
      timeoutMs: settings.timeoutMs,
      onError: (error) => this.#listeners.emit("error", error),
      onAnswer: (micros) => this.#times.record(micros),
    });
    this[VIA](redis);
  }

  /** Sends the calls that follow at once to this store. */
  [VIA](redis: Redis | undefined): void {
    if (!this.#closed) this.#decider = redis === undefined ? undefined : this.#deciders.of(redis);
  }

  async check(key: string, options?: CheckOptions<N>): Promise<Decision<N>> {
    this.#ask(key, options);
    const decider = this.#decider;
    if (decider === undefined) {
      this.#engine.consume(key);
      return this.#counted(key, new EngineDecision<N>(this.#engine));
    }
    if (this.#refusals.find(key, options)) {
      this.#cached++;
      return this.#counted(key, new EngineDecision<N>(this.#engine, "cache"));
    }
    const askedAt = scratch[NOW] as number;
    let decision: Decision<N>;
    try {
      decision = (await decider.consume(key)) as Decision<N>;
    } catch (error) {
      return this.#withoutStore(key, options, error as Error);
    }
    if (this.#degraded) this.#recover();
    if (!decision.allowed) this.#refusals.learn(key, decision, options, askedAt, this.#engine.names);
    return this.#counted(key, decision);
  }

  async peek(key: string, options?: CheckOptions<N>): Promise<Decision<N>> {
    this.#ask(key, options);
    const decider = this.#decider;
    if (decider === undefined) {
      this.#engine.peek(key);
      return new EngineDecision<N>(this.#engine);
    }
    try {
      return (await decider.peek(key)) as Decision<N>;
    } catch (error) {
      this.#degrade(error as Error);
      this.#ask(key, options);
      return this.#fallback.peek(key);
    }
  }

  wait(key: string, options: WaitOptions<N> = {}): Promise<Decision<N>> {
    return waitUntilAllowed(options, this.#closing.signal, (asked) => this.check(key, asked));
  }

  async refund(key: string, decision: Decision<N>): Promise<void> {
    await this.#settle(key, decision, 0);
  }

  async settle(key: string, decision: Decision<N>, actual: Amount<N>): Promise<void> {
    await this.#settle(key, decision, actual);
  }

  async reset(key: string): Promise<void> {
    this.#begin(key);
    this.#refusals.forget(key);
    this.#engine.reset(key);
    this.#fallback.reset(key);
    await this.#decider?.reset(key);
    this.#forget(key);
  }

  async block(key: string, duration: Duration): Promise<void> {
    this.#begin(key);
    scratch[COST] = micros("CONFIG_BLOCK_FOR", "duration", duration);
    this.#refusals.forget(key);
    this.#engine.block(key);
    this.#fallback.block(key);
    await this.#decider?.block(key);
    this.#forget(key);
  }

  stats(): LimiterStats {
    const { failedOpen, failedClosed, keys, overflowed } = this.#fallback;
    return {
      allowed: this.#allowed,
      denied: this.#denied,
      wouldDeny: this.#wouldDeny,
      failedOpen,
      failedClosed,
      cached: this.#cached,
      keys,
      overflowed,
      storeMs: this.#times.millis(),
    };
  }

  on<E extends keyof LimiterEvents>(event: E, listener: (event: LimiterEvents[E]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.abort(closedError());
    await this.#deciders.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [WOULD_DENY](): void {
    this.#wouldDeny++;
  }

  /** Starts a call: checks the key and sets the time. */
  #begin(key: string): void {
    if (this.#closed) throw closedError();
    if (typeof key !== "string") throw optionError("CONFIG_KEY", "key", key, "a string");
    scratch[NOW] = nowMicros();
  }

  /** Also what was on its way while the store was told. */
  #forget(key: string): void {
    scratch[NOW] = nowMicros();
    this.#refusals.forget(key);
  }

  #ask(key: string, options: CheckOptions<N> | undefined): void {
    this.#begin(key);
    if (options === undefined) writeUsual();
    else writeRequest(options, this.#engine.names);
  }

  async #settle(key: string, decision: Decision<N>, actual: Amount<N>): Promise<void> {
    const made = EngineDecision.restore(decision);
    if (made === undefined || (made !== this.#engine && !this.#fallback.made(made))) {
      throw optionError("CONFIG_DECISION", "decision", decision, "a decision that this limiter returned");
    }
    this.#begin(key);
    writeActual(actual, this.#engine.names, chargedBefore);
    this.#refusals.stop();
    if (decision.source === "store") await this.#decider?.settle(key);
    // Nothing was taken by a decision that the failed store, or a remembered refusal, led to.
    else if (decision.source === "memory" || decision.source === "local") made.settle(key);
  }

  #withoutStore(key: string, options: CheckOptions<N> | undefined, error: Error): Decision<N> {
    this.#degrade(error);
    if (this.#closed) throw closedError();
    this.#ask(key, options);
    const decision = this.#fallback.decide(key);
    return decision.source === "local" ? this.#counted(key, decision) : decision;
  }

  #counted(key: string, decision: Decision<N>): Decision<N> {
    if (decision.allowed) this.#allowed++;
    else {
      this.#denied++;
      if (this.#listeners.has("limited")) this.#listeners.emit("limited", { key, decision });
    }
    return decision;
  }

  #degrade(error: Error): void {
    if (this.#degraded) return;
    this.#degraded = true;
    this.#listeners.emit("degraded", error);
  }

  #recover(): void {
    this.#degraded = false;
    this.#listeners.emit("recovered", undefined);
  }
}
