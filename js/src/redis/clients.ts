import { show, TollgateError } from "../errors.js";
import { ClusterNode } from "./cluster-node.js";
import type { ClientState, Commands } from "./commands.js";

/** The parts of users' clients that are used; which of them a client has tells what it is. */
export interface ClientMethods {
  status?: string;
  isOpen?: boolean;
  isReady?: boolean;
  isCluster?: boolean;
  masters?: readonly unknown[];
  duplicate?: unknown;
  createScript?: unknown;
  nodeClient?: unknown;
  connect?: () => Promise<unknown>;
  once?: (event: string, listener: () => void) => unknown;
  info?: (section: string) => Promise<unknown>;
  evalsha?: (...args: unknown[]) => Promise<unknown>;
  evalSha?: (sha1: string, options: object) => Promise<unknown>;
  sendCommand?: (firstKey: string | undefined, isReadonly: boolean, args: readonly string[]) => Promise<unknown>;
  eval?: (...args: unknown[]) => Promise<unknown>;
  publish?: (channel: string, message: string) => Promise<unknown>;
}

const known = new WeakMap<object, Commands>();

/**
 * The commands of a client, found by its methods. The same ones for the same client.
 *
 * @throws TollgateError `CONFIG_REDIS` where it is none that is supported.
 */
export function commandsOf(client: unknown): Commands {
  if (typeof client !== "object" || client === null) throw unsupported(client);
  const before = known.get(client);
  if (before !== undefined) return before;
  const commands = adapt(client as ClientMethods);
  known.set(client, commands);
  return commands;
}

function adapt(client: ClientMethods): Commands {
  if (typeof client.eval !== "function") throw unsupported(client);
  if (typeof client.evalSha === "function") return new NodeRedis(client);
  if (typeof client.evalsha !== "function") throw unsupported(client);
  if (typeof client.status === "string" && typeof client.duplicate === "function") return new IoRedis(client);
  if (typeof client.createScript === "function") return new Upstash(client);
  throw unsupported(client);
}

function unsupported(client: unknown): TollgateError {
  const given = typeof client === "object" && client !== null ? `an object (${nameOf(client)})` : show(client);
  return new TollgateError(
    "CONFIG_REDIS",
    `redis: ${given} is not allowed; expected a URL such as "redis://127.0.0.1:6379", or a client of ioredis, redis or @upstash/redis`,
    "Give a Redis URL, or a client of ioredis (also its Cluster), redis (node-redis, also its cluster) or @upstash/redis.",
  );
}

function nameOf(client: object): string {
  return client.constructor?.name ?? "without a class";
}

/** ioredis 4, 5 and 6, and its `Cluster`. It takes lists of keys and arguments as they are, and flattens them. */
class IoRedis implements Commands {
  readonly transport = "tcp";
  readonly isCluster: boolean;
  #client: ClientMethods;
  #node: ClusterNode | undefined;
  #wasReady = false;

  constructor(client: ClientMethods) {
    this.#client = client;
    this.isCluster = client.isCluster === true;
  }

  state(): ClientState {
    const { status } = this.#client;
    if (status === "ready") this.#wasReady = true;
    // With `lazyConnect`, the first command connects; a failure shows as a status.
    else if (status === "wait") this.#client.connect?.().catch(() => {});
    if (status === "ready") return "ready";
    const connects = status === "wait" || status === "connecting" || status === "connect";
    return connects && !this.#wasReady ? "starting" : "down";
  }

  onStarted(listener: () => void): void {
    const once = onlyOnce(listener);
    this.#client.once?.("ready", once);
    this.#client.once?.("close", once);
  }

  async evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#client.evalsha?.(sha1, keys.length, keys, args);
  }

  async eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#client.eval?.(source, keys.length, keys, args);
  }

  async publish(channel: string, message: string): Promise<unknown> {
    if (!this.isCluster) return this.#client.publish?.(channel, message);
    this.#node ??= new ClusterNode(this.#client);
    return (await this.#node.client()).publish?.(channel, message);
  }

  info(): Promise<unknown> | undefined {
    return this.#client.info?.("server");
  }
}

function onlyOnce(listener: () => void): () => void {
  let called = false;
  return () => {
    if (!called) listener();
    called = true;
  };
}

/** node-redis 4, 5 and 6, and its cluster. */
class NodeRedis implements Commands {
  readonly transport = "tcp";
  readonly isCluster: boolean;
  #client: ClientMethods;
  #node: ClusterNode | undefined;
  #wasReady = false;

  constructor(client: ClientMethods) {
    this.#client = client;
    this.isCluster = typeof client.nodeClient === "function";
  }

  state(): ClientState {
    if (this.#isReady()) {
      this.#wasReady = true;
      return "ready";
    }
    // The cluster of node-redis 4 tells nobody when it is ready.
    const tells = this.#client.isReady !== undefined;
    return tells && this.#client.isOpen === true && !this.#wasReady ? "starting" : "down";
  }

  onStarted(listener: () => void): void {
    this.#client.once?.(this.isCluster ? "connect" : "ready", listener);
  }

  async evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    if (this.isCluster) return this.#send("EVALSHA", sha1, keys, args);
    return this.#client.evalSha?.(sha1, { keys, arguments: args });
  }

  async eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    if (this.isCluster) return this.#send("EVAL", source, keys, args);
    return this.#client.eval?.(source, { keys, arguments: args });
  }

  /**
   * Clusters before version 6 wait for a dead node for ever, and look for the nodes anew only when one says that a key
   * has moved. So any node is asked for a key of the silent one: it says that.
   */
  renew(key: string): void {
    if (this.isCluster) this.#client.sendCommand?.(undefined, true, ["GET", key]).catch(() => {});
  }

  /** The cluster of version 4 sends scripts anywhere, and asks all nodes anew until chance finds the right one. */
  async #send(command: string, script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand?.(keys[0], false, [command, script, `${keys.length}`, ...keys, ...args]);
  }

  async publish(channel: string, message: string): Promise<unknown> {
    if (!this.isCluster) return this.#client.publish?.(channel, message);
    this.#node ??= new ClusterNode(this.#client);
    return (await this.#node.client()).publish?.(channel, message);
  }

  info(): Promise<unknown> | undefined {
    return this.isCluster ? undefined : this.#client.info?.("server");
  }

  #isReady(): boolean {
    const { isReady, isOpen, masters } = this.#client;
    // Clusters before version 6, and pools, say only whether they are open.
    return isReady ?? (isOpen === true && (masters === undefined || masters.length > 0));
  }
}

/** @upstash/redis: each call is a request over HTTP. */
class Upstash implements Commands {
  readonly transport = "http";
  readonly isCluster = false;
  #client: ClientMethods;

  constructor(client: ClientMethods) {
    this.#client = client;
  }

  state(): ClientState {
    return "ready";
  }

  onStarted(listener: () => void): void {
    listener();
  }

  async evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#client.evalsha?.(sha1, keys, args);
  }

  async eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#client.eval?.(source, keys, args);
  }

  async publish(channel: string, message: string): Promise<unknown> {
    return this.#client.publish?.(channel, message);
  }

  info(): undefined {
    return undefined;
  }
}
