import type { Redis } from "../types.js";
import type { Decider, StoreSpec } from "./decider.js";
import { openDecider } from "./open.js";

/** The deciders of one limiter: one for each store it was ever sent to. */
export class Deciders {
  #spec: StoreSpec;
  #byUrl = new Map<string, Decider>();
  /** Where each request has a client of its own, they go when it ends. */
  #byClient = new WeakMap<object, Decider>();
  #latest: Decider | undefined;

  constructor(spec: StoreSpec) {
    this.#spec = spec;
  }

  /**
   * The decider for a store.
   *
   * @throws TollgateError `CONFIG_REDIS` where it is nothing that could decide.
   */
  of(redis: Redis): Decider {
    const known = typeof redis === "string" ? this.#byUrl.get(redis) : this.#known(redis);
    if (known !== undefined) return known;
    const decider = openDecider(redis, this.#spec);
    if (typeof redis === "string") this.#byUrl.set(redis, decider);
    else this.#byClient.set(redis, decider);
    this.#latest = decider;
    return decider;
  }

  async close(): Promise<void> {
    const all = new Set([...this.#byUrl.values(), ...(this.#latest === undefined ? [] : [this.#latest])]);
    this.#byUrl.clear();
    this.#latest = undefined;
    await Promise.all([...all].map((decider) => decider.close()));
  }

  #known(redis: object): Decider | undefined {
    return typeof redis === "object" && redis !== null ? this.#byClient.get(redis) : undefined;
  }
}
