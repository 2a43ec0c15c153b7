import type { EngineStore } from "../engine.js";

/** Partitions that the keys of a limiter are divided among; in a cluster each lies in one slot. */
const PARTITIONS = 64;

/** What has a meaning in keys, or cannot travel as UTF-8: the engine knows how to write it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const TO_ESCAPE = /[\u0000-\u001f\u007f%{}\ud800-\udfff]/;

/** The partition of an escaped key: FNV-1a over its UTF-16 code units, as in the core. */
export function partitionOf(escaped: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < escaped.length; i++) hash = Math.imul(hash ^ escaped.charCodeAt(i), 16_777_619);
  return (hash >>> 0) % PARTITIONS;
}

/** Where the states of one limiter lie. */
export class StoreKeys {
  #store: EngineStore;
  #tags: string[];
  /** Bases of policies under limits of their own, by limit. */
  #own = new Map<string, string>();

  constructor(store: EngineStore, prefix: string) {
    this.#store = store;
    this.#tags = Array.from({ length: PARTITIONS }, (_, partition) => `{${prefix}:${partition}}`);
  }

  escape(key: string): string {
    return TO_ESCAPE.test(key) ? this.#store.escape(key) : key;
  }

  /** The key of what `base` stands for. */
  key(partition: number, base: string, escaped: string): string {
    return `${this.#tags[partition]}${base}${escaped}`;
  }

  /** The states of all policies; `limits` are those in force, or 0 for a policy's own. */
  states(partition: number, escaped: string, limits?: ArrayLike<number>): string[] {
    return this.#store.bases.map((base, i) => {
      const limit = limits?.[i] ?? 0;
      return this.key(partition, limit === 0 ? base : this.#base(i, limit), escaped);
    });
  }

  #base(policy: number, limit: number): string {
    const id = `${policy} ${limit}`;
    let base = this.#own.get(id);
    if (base === undefined) {
      base = this.#store.base(policy, limit);
      // Plans are few; whoever has a limit for each caller does not fill the memory with them.
      if (this.#own.size >= 1_024) this.#own.clear();
      this.#own.set(id, base);
    }
    return base;
  }
}
