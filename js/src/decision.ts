import type { EngineLimiter } from "./engine.js";
import { ALLOWED, AT, BINDING, BLOCKED, POLICIES, POLICY_LENGTH, RETRY_AFTER, scratch } from "./scratch.js";
import type { Decision, PolicyState } from "./types.js";

/** A decision of the engine: what users read, and what a refund or a header needs besides. */
export class EngineDecision<N extends string = string> implements Decision<N> {
  readonly allowed: boolean;
  readonly policy: N;
  readonly limit: number;
  readonly remaining: number;
  readonly retryAfterMs: number;
  readonly resetAfterMs: number;
  readonly source: Decision["source"];
  /** When it was made, in the engine's microseconds. */
  #at: number;
  /** The cells of the scratch array from `BLOCKED` on, where the fields above do not tell them. */
  #cells: Float64Array | undefined;
  #engine: EngineLimiter;

  /** Reads the decision that the scratch array holds. Whole numbers are made small integers: they need no box. */
  constructor(engine: EngineLimiter, source: Decision["source"] = "memory") {
    const binding = small(scratch[BINDING] as number);
    const at = POLICIES + binding * POLICY_LENGTH;
    this.allowed = scratch[ALLOWED] === 1;
    this.policy = engine.names[binding] as N;
    this.limit = small(scratch[at] as number);
    this.remaining = small(scratch[at + 1] as number);
    this.retryAfterMs = millis(scratch[RETRY_AFTER] as number);
    this.resetAfterMs = millis(scratch[at + 2] as number);
    this.source = source;
    this.#at = scratch[AT] as number;
    this.#cells = isPlain(engine) ? undefined : copyCells(engine.names.length);
    this.#engine = engine;
  }

  get policies(): readonly PolicyState<N>[] {
    const cells = this.#cells;
    if (cells === undefined) {
      return [{ name: this.policy, limit: this.limit, remaining: this.remaining, resetAfterMs: this.resetAfterMs }];
    }
    return this.#engine.names.map((name, i) => {
      const at = POLICIES - BLOCKED + i * POLICY_LENGTH;
      return {
        name: name as N,
        limit: cells[at] as number,
        remaining: cells[at + 1] as number,
        resetAfterMs: millis(cells[at + 2] as number),
      };
    });
  }

  /** All that a decision says, `policies` included. */
  toJSON(): Decision<N> {
    const { allowed, policy, limit, remaining, retryAfterMs, resetAfterMs, policies, source } = this;
    return { allowed, policy, limit, remaining, retryAfterMs, resetAfterMs, policies, source };
  }

  /** Puts the decision back into the scratch array, and says which engine limiter made it. */
  static restore(decision: Decision): EngineLimiter | undefined {
    if (!(#at in decision)) return undefined;
    const own = decision as EngineDecision;
    const engine = own.#engine;
    scratch[ALLOWED] = own.allowed ? 1 : 0;
    scratch[BINDING] = engine.names.indexOf(own.policy);
    scratch[RETRY_AFTER] = Number.isFinite(own.retryAfterMs) ? Math.round(own.retryAfterMs * 1000) : -1;
    scratch[AT] = own.#at;
    if (own.#cells === undefined) restorePlain(own);
    else scratch.set(own.#cells, BLOCKED);
    return engine;
  }
}

/** Whether one policy, and nothing else, gave the answer, at a cost of 1: the usual case, which needs no cells. */
function isPlain(engine: EngineLimiter): boolean {
  if (engine.names.length !== 1) return false;
  return scratch[ALLOWED] === 1
    ? scratch[POLICIES + 4] === 1
    : scratch[POLICIES + 3] === scratch[RETRY_AFTER] && scratch[POLICIES + 4] === 0;
}

function restorePlain({ allowed, limit, remaining, resetAfterMs }: Decision): void {
  scratch[BLOCKED] = 0;
  scratch[POLICIES] = limit;
  scratch[POLICIES + 1] = remaining;
  scratch[POLICIES + 2] = Math.round(resetAfterMs * 1000);
  scratch[POLICIES + 3] = scratch[RETRY_AFTER] as number;
  scratch[POLICIES + 4] = allowed ? 1 : 0;
}

function copyCells(policies: number): Float64Array {
  return scratch.slice(BLOCKED, POLICIES + policies * POLICY_LENGTH);
}

function millis(micros: number): number {
  return micros < 0 ? Number.POSITIVE_INFINITY : micros / 1000;
}

function small(number: number): number {
  const integer = number | 0;
  return integer === number ? integer : number;
}
