/** What a client can be asked now: `"starting"` has never been connected, and is about to be. */
export type ClientState = "ready" | "starting" | "down";

/** What Tollgate says to Redis, whichever client carries it. */
export interface Commands {
  /** HTTP carries each call alone: a runtime there forbids one request to wait for what another has sent. */
  readonly transport: "tcp" | "http";
  /** Whether all keys of a call must lie in one partition. */
  readonly isCluster: boolean;
  state(): ClientState;
  /** Calls back, once, when a client that is starting is ready; or has failed, where that can be noticed. */
  onStarted(listener: () => void): void;
  evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Publishes on a channel of classic pub/sub; how many heard it. Calls are sent in the order in which they are made. */
  publish(channel: string, message: string): Promise<unknown>;
  /** What INFO says about the server; undefined where the client cannot ask. */
  info(): Promise<unknown> | undefined;
  /** Told that a probe was not answered, with a key of it: what else the client can try, it tries now. */
  renew?(key: string): void;
}
