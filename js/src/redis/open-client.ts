import { TollgateError } from "../errors.js";
import { type ClientMethods, commandsOf } from "./clients.js";
import type { Commands } from "./commands.js";
import { CONNECT_MS } from "./connect-time.js";

/** A connection that was opened for a URL; it is ready, and does not hold the process. */
export interface OpenClient {
  commands: Commands;
  /** The client itself. */
  client: object;
  /** Ends it; calls that are out fail. */
  destroy(): unknown;
}

/** Opens one connection. `lost` is called once, when it breaks after it was ready. */
export type Open = (url: string, lost: (error: Error) => void) => Promise<OpenClient>;

/** The first of ioredis and redis that is installed. */
export async function installedClient(): Promise<Open> {
  const ioredis = await load<IoRedisModule>("ioredis");
  if (ioredis !== undefined) return (url, lost) => openIoRedis(ioredis, url, lost);
  const redis = await load<NodeRedisModule>("redis");
  if (redis !== undefined) return (url, lost) => openNodeRedis(redis, url, lost);
  throw new TollgateError(
    "CONFIG_REDIS",
    "redis: a URL needs a client, and neither ioredis nor redis can be imported; expected one of them",
    "Run `npm install ioredis`, or give a client of your own instead of the URL.",
  );
}

/** The name is in a variable, so that bundlers leave out what users have not installed. */
async function load<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as T;
  } catch (error) {
    if (/NOT_FOUND/.test(String((error as { code?: unknown }).code))) return undefined;
    throw error;
  }
}

interface Emitter {
  on(event: string, listener: (error: Error) => void): unknown;
}
/** The parts of a client of ioredis that are used to open it. */
export interface IoRedisClient extends Emitter, ClientMethods {
  connect(): Promise<unknown>;
  disconnect(): void;
  stream?: { unref?: () => void };
}
interface IoRedisModule {
  Redis?: new (url: string, options: object) => IoRedisClient;
  default?: unknown;
}

/** Nothing is queued or sent again, and a lost connection stays lost: {@link Connection} opens the next one. */
export const IOREDIS_OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  connectTimeout: CONNECT_MS,
  /** Its timer holds the process, also where there is nothing left to wait for. */
  disconnectTimeout: 20,
};

/** Exported for tests: the versions differ in how they are imported. */
export async function openIoRedis(
  { Redis, default: fallback }: IoRedisModule,
  url: string,
  lost: (error: Error) => void,
): Promise<OpenClient> {
  return connectIoRedis(new (Redis ?? (fallback as NonNullable<typeof Redis>))(url, IOREDIS_OPTIONS), lost);
}

/** Connects a client made with {@link IOREDIS_OPTIONS}. */
export async function connectIoRedis(client: IoRedisClient, lost: (error: Error) => void): Promise<OpenClient> {
  const watch = new Watch(client, "end", lost);
  const destroy = () => client.status === "end" || client.disconnect();
  await watch.ready(client.connect(), destroy);
  client.stream?.unref?.();
  return { commands: commandsOf(client), client, destroy };
}

/** The parts of a client of node-redis that are used to open it. */
export interface NodeRedisClient extends Emitter, ClientMethods {
  connect(): Promise<unknown>;
  unref(): void;
  destroy?(): void;
  disconnect(): Promise<void>;
}
interface NodeRedisModule {
  createClient(options: object): NodeRedisClient;
}

/** Exported for tests. */
export async function openNodeRedis(
  { createClient }: NodeRedisModule,
  url: string,
  lost: (error: Error) => void,
): Promise<OpenClient> {
  const socket = { reconnectStrategy: false, connectTimeout: CONNECT_MS };
  return connectNodeRedis(createClient({ url, socket, disableOfflineQueue: true }), lost);
}

/** Connects a client made with a `reconnectStrategy` of `false`. */
export async function connectNodeRedis(client: NodeRedisClient, lost: (error: Error) => void): Promise<OpenClient> {
  const destroy = () => endNodeRedis(client);
  const watch = new Watch(client, "end", lost);
  await watch.ready(client.connect(), destroy);
  client.unref();
  return { commands: commandsOf(client), client, destroy };
}

/** Version 4 has only the one, which rejects where nothing is open. */
function endNodeRedis(client: NodeRedisClient): void {
  try {
    if (client.destroy === undefined) client.disconnect().catch(() => {});
    else client.destroy();
  } catch {
    // It was closed already.
  }
}

/** Listens to a client of ours from the start: an "error" that nobody hears would end the process. */
class Watch {
  #lastError: Error | undefined;
  #isReady = false;
  #lost: ((error: Error) => void) | undefined;

  constructor(client: Emitter, ended: string, lost: (error: Error) => void) {
    this.#lost = lost;
    client.on("error", (error) => {
      this.#lastError = error;
      this.#onLost();
    });
    client.on(ended, () => this.#onLost());
  }

  /** Waits for the connection; one that takes too long, or fails, is ended. */
  async ready(connecting: Promise<unknown>, destroy: () => unknown): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not connected within ${CONNECT_MS} ms`)), CONNECT_MS);
      (timer as { unref?: () => void }).unref?.();
    });
    try {
      await Promise.race([connecting, tooLong]);
      this.#isReady = true;
    } catch (error) {
      this.#lost = undefined;
      connecting.catch(() => {});
      destroy();
      throw this.#lastError ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  #onLost(): void {
    if (!this.#isReady) return;
    const lost = this.#lost;
    this.#lost = undefined;
    lost?.(this.#lastError ?? new Error("the connection was closed"));
  }
}
