import { EngineDecision } from "../decision.js";
import type { EngineLimiter } from "../engine.js";
import { ALLOWED, COST, LIMITS, LISTS, READ_LIMITS, RETRY_AFTER, scratch } from "../scratch.js";
import { seededLimiter } from "../seeded.js";
import type { Decision } from "../types.js";
import type { RulesConfig } from "../validate.js";
import { partNow } from "./local-share.js";
import type { OnStoreError, StoreSettings } from "./settings.js";

/** What a refusal for want of a store tells callers to wait. */
const CLOSED_RETRY_MICROS = 1_000_000;

/** A key that no call has, so that nothing is counted under it. */
const NOBODY = "\0tollgate.nobody";

/** Decides where the store has not. The request lies in the scratch array. */
export class Fallback<N extends string> {
  failedOpen = 0;
  failedClosed = 0;
  #mode: OnStoreError;
  /** Says the part of the limits that is allowed here. */
  #part: () => number;
  /** The limit of each policy, where the part of it may change: it is then given with each call. */
  #limits: readonly number[] | undefined;
  /** Decides what is decided in this process. */
  #local: EngineLimiter;

  constructor(config: RulesConfig, { onStoreError, localShare }: StoreSettings, whole: EngineLimiter) {
    this.#mode = onStoreError;
    this.#part = partNow(localShare);
    const isFixed = typeof localShare === "number";
    this.#limits = isFixed ? undefined : config.policies.map(({ limit }) => limit);
    this.#local = isFixed && localShare !== 1 ? seededLimiter(shareOf(config, localShare)) : whole;
  }

  /** Decides, and charges where this process keeps the count. */
  decide(key: string): Decision<N> {
    if (this.#mode === "local") {
      this.#scaleLimits();
      this.#local.consume(key);
      return new EngineDecision<N>(this.#local, "local");
    }
    if (this.#mode === "closed") this.failedClosed++;
    else this.failedOpen++;
    return this.#answer();
  }

  /** What {@link Fallback.decide} would answer. */
  peek(key: string): Decision<N> {
    if (this.#mode !== "local") return this.#answer();
    this.#scaleLimits();
    this.#local.peek(key);
    return new EngineDecision<N>(this.#local, "local");
  }

  /** Forgets a key. */
  reset(key: string): void {
    this.#local.reset(key);
  }

  /** Blocks a key for the duration in the place of the cost. */
  block(key: string): void {
    this.#local.block(key);
  }

  /** Whether decisions of `engine` are made here. */
  made(engine: EngineLimiter): boolean {
    return engine === this.#local;
  }

  get keys(): number {
    return Number(this.#local.size().split(" ")[0]);
  }

  get overflowed(): number {
    return Number(this.#local.size().split(" ")[1]);
  }

  /** All or nothing: a key that nobody has counted, with a call that costs nothing. */
  #answer(): Decision<N> {
    scratch[COST] = 0;
    scratch[LISTS] = (scratch[LISTS] as number) & READ_LIMITS;
    this.#local.peek(NOBODY);
    if (this.#mode === "open") return new EngineDecision<N>(this.#local, "open");
    scratch[ALLOWED] = 0;
    scratch[RETRY_AFTER] = CLOSED_RETRY_MICROS;
    return new EngineDecision<N>(this.#local, "closed");
  }

  #scaleLimits(): void {
    const isGiven = ((scratch[LISTS] as number) & READ_LIMITS) !== 0;
    if (!isGiven && this.#limits === undefined) return;
    const share = this.#part();
    if (share === 1) return;
    for (let i = 0; i < this.#local.names.length; i++) {
      const given = isGiven ? (scratch[LIMITS + i] as number) : 0;
      const limit = given > 0 ? given : (this.#limits?.[i] ?? 0);
      scratch[LIMITS + i] = limit > 0 ? part(limit, share) : 0;
    }
    scratch[LISTS] = (scratch[LISTS] as number) | READ_LIMITS;
  }
}

function shareOf(config: RulesConfig, share: number): RulesConfig {
  const policies = config.policies.map((policy) => ({
    ...policy,
    limit: part(policy.limit, share),
    ...(policy.burst === undefined ? {} : { burst: part(policy.burst, share) }),
  }));
  return { ...config, policies };
}

/** A share of a limit: rounded down, and at least 1. */
function part(limit: number, share: number): number {
  return Math.max(1, Math.floor(limit * share));
}
