/**
 * What is used of Cloudflare's runtime, so that no package of types is needed: the types of `@cloudflare/workers-types`
 * and those that `wrangler types` writes fit where these are expected.
 */

/** A binding to Durable Objects, such as `env.TOLLGATE`. */
export interface DurableNamespace {
  idFromName(name: string): object;
  get(id: never): {
    fetch(url: string, init: { method: string; body: string; signal: AbortSignal }): Promise<DurableResponse>;
  };
}

/** What an object answers. */
export interface DurableResponse {
  json(): Promise<unknown>;
}

/** What an object is given when it wakes. */
export interface DurableState {
  readonly storage: DurableStorage;
  blockConcurrencyWhile(run: () => Promise<void>): Promise<void>;
}

/** The storage of one object. */
export interface DurableStorage {
  get<T>(name: string): Promise<T | undefined>;
  put<T>(name: string, value: T): Promise<void>;
  deleteAll(): Promise<void>;
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
}
