import type { ClientMethods } from "./clients.js";
import { type ClusterMethods, masterClients } from "./cluster-node.js";
import { CONNECT_MS } from "./connect-time.js";
import {
  connectIoRedis,
  connectNodeRedis,
  IOREDIS_OPTIONS,
  type IoRedisClient,
  installedClient,
  type NodeRedisClient,
  type OpenClient,
} from "./open-client.js";
import { unavailable } from "./store-errors.js";
import { type Hear, type Subscriber, type SubscribingClient, subscriberOver } from "./subscriber.js";

/** A subscriber that is connected. */
export interface OpenedSubscriber extends Subscriber {
  /** Whether the connection is ours: then it is worth ending it when it has become silent. */
  isOurs: boolean;
  /** Ends a connection that is ours. */
  destroy(): unknown;
}

/** Opens a subscriber. `lost` may be called several times, also before this returns. */
export type OpenSubscriber = (hear: Hear, lost: (error: Error) => void) => Promise<OpenedSubscriber>;

/** A connection of our own to a URL. */
export function subscriberAt(url: string): OpenSubscriber {
  const loading = installedClient();
  loading.catch(() => {});
  return async (hear, lost) => ours(await (await loading)(url, lost), hear);
}

/** A connection of our own with the settings of a user's client; in a cluster to any of its masters. */
export function subscriberLike(client: ClientMethods, isCluster: boolean): OpenSubscriber {
  if (!isCluster) return async (hear, lost) => ours(await connectDuplicate(client, lost), hear);
  return async (hear, lost) => {
    let failed: unknown = unavailable("no node of the cluster is known");
    for (const node of await masterClients(client as ClusterMethods)) {
      try {
        return ours(await connectDuplicate(node, lost), hear);
      } catch (error) {
        failed = error;
      }
    }
    throw failed;
  };
}

function ours({ client, destroy }: OpenClient, hear: Hear): OpenedSubscriber {
  const subscriber = subscriberOver(client as SubscribingClient, hear);
  return {
    isOurs: true,
    add: (kind, name) => subscriber.add(kind, name),
    remove: (kind, name) => subscriber.remove(kind, name),
    destroy,
  };
}

type Duplicate = (overrides: object) => object;

function connectDuplicate(client: ClientMethods, lost: (error: Error) => void): Promise<OpenClient> {
  const overrides = client.evalSha === undefined ? IOREDIS_SUBSCRIBER : nodeRedisSubscriber(client);
  const made = (client as { duplicate: Duplicate }).duplicate(overrides);
  if (client.evalSha === undefined) return connectIoRedis(made as IoRedisClient, lost);
  return connectNodeRedis(made as NodeRedisClient, lost);
}

/** Subscriptions are renewed here, and told when they are in force. */
const IOREDIS_SUBSCRIBER = { ...IOREDIS_OPTIONS, autoResubscribe: false, sentinelRetryStrategy: () => null };

function nodeRedisSubscriber(client: ClientMethods): object {
  const { socket } = (client as { options?: { socket?: object } }).options ?? {};
  return {
    socket: { ...socket, reconnectStrategy: false, connectTimeout: CONNECT_MS },
    disableOfflineQueue: true,
    legacyMode: false,
  };
}

/** The client that a user gave to subscribe with. It connects and reconnects by itself, and stays open. */
export function subscriberOn(given: ClientMethods): OpenSubscriber {
  const client = given as ClientMethods & SubscribingClient;
  let hears: Hear = () => {};
  let changed: () => void = () => {};
  const subscriber = subscriberOver(client, (...message) => hears(...message));
  for (const event of ["ready", "close", "reconnecting", "end"]) client.on?.(event, () => changed());
  return async (hear, lost) => {
    hears = hear;
    if (client.status === "wait") client.connect?.().catch(() => {});
    if (!isReady(client)) await within(CONNECT_MS, (done) => (changed = () => isReady(client) && done()));
    if (!isReady(client)) throw unavailable("the client to subscribe with is not connected");
    changed = () => isReady(client) || lost(new Error("the connection was closed"));
    const { add, remove } = subscriber;
    return { isOurs: false, add: add.bind(subscriber), remove: remove.bind(subscriber), destroy: () => {} };
  };
}

/** Waits for `done` to be called, or for some time. It does not hold the process. */
function within(ms: number, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    (timer as { unref?: () => void }).unref?.();
    start(resolve);
  });
}

function isReady(client: ClientMethods): boolean {
  return client.status === "ready" || client.isReady === true;
}
