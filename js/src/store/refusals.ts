import { EngineDecision } from "../decision.js";
import { type EngineDenials, engine } from "../engine.js";
import { writeRequest, writeUsual } from "../request.js";
import { NOW, scratch } from "../scratch.js";
import { drawSeed } from "../seed.js";
import type { CheckOptions, Decision } from "../types.js";

/** Refusals of the store, remembered so that it is not asked again in vain. */
export class Refusals {
  #limits: number[];
  #maxAgeMicros: number;
  /** Made by the first refusal: a secret cannot be drawn earlier everywhere. */
  #cache: EngineDenials | undefined;
  #off: boolean;

  /** `limits` is each policy's; refusals are remembered for `maxAgeMicros` at most, 0 for not at all. */
  constructor(limits: number[], maxAgeMicros: number) {
    this.#limits = limits;
    this.#maxAgeMicros = maxAgeMicros;
    this.#off = maxAgeMicros === 0;
  }

  /** Whether the request in the scratch array is refused for sure; the decision is there then. */
  find(key: string, options: CheckOptions | undefined): boolean {
    return this.#cache !== undefined && options?.limit === undefined && this.#cache.find(key);
  }

  /** Remembers what the store, asked at `askedAt`, said about a request. */
  learn(key: string, decision: Decision, options: CheckOptions | undefined, askedAt: number, names: readonly string[]) {
    if (this.#off || options?.limit !== undefined) return;
    this.#cache ??= this.#make();
    EngineDecision.restore(decision);
    if (options === undefined) writeUsual();
    else writeRequest(options, names);
    scratch[NOW] = askedAt;
    this.#cache.learn(key);
  }

  /** What is known of a key may have changed. */
  forget(key: string): void {
    this.#cache?.forget(key);
  }

  /** From now on refusals may end early: nothing is remembered. */
  stop(): void {
    this.#off = true;
    this.#cache = undefined;
  }

  #make(): EngineDenials {
    const seed = drawSeed() ?? [0, 0];
    return engine.createDenials({ limits: this.#limits, maxAgeMicros: this.#maxAgeMicros, seed }, scratch);
  }
}
