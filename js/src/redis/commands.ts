/** What a client can be asked now: `"starting"` has never been connected, and is about to be. */
export type ClientState = "ready" | "starting" | "down";

/** What Tollgate says to Redis, whichever client carries it. */
export interface Commands {
  /** HTTP carries each call alone: a runtime there forbids one request to wait for what another has sent. */
  readonly transport: "tcp" | "http";
  /** Whether all keys of a call must lie in one partition. */
  readonly isCluster: boolean;
  state(): ClientState;
  /** Calls back, once, when a client that is starting is ready. May be called for a client that never will be. */
  onReady(listener: () => void): void;
  evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** What INFO says about the server; undefined where the client cannot ask. */
  info(): Promise<unknown> | undefined;
  /** Told that a probe was not answered: a connection of our own is made anew. */
  renew?(): void;
}
