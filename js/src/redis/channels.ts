import { closedError, TollgateError } from "../errors.js";
import { type ClientMethods, commandsOf } from "./clients.js";
import type { Commands } from "./commands.js";
import { useConnection } from "./connections.js";
import { subscriberAt, subscriberLike, subscriberOn } from "./open-subscriber.js";
import { Publisher } from "./publisher.js";
import { type SubscriptionsUse, useSubscriptions } from "./shared-subscriptions.js";
import type { Kind, SubscribingClient } from "./subscriber.js";
import { checkUrl } from "./url.js";

/** Told of a message: its text, and the channel that it was published on. */
export type ChannelListener = (message: string, channel: string) => void;

/** What carries messages between processes: classic pub/sub of Redis. Everything is UTF-8 text. */
export interface Channels {
  /**
   * Publishes; how many subscribers it reached, where the store says so for all its nodes (not in a cluster). Rejects
   * with `STORE_…` when the store does not answer within the deadline or is down; nothing is sent later. Only for the
   * first connection calls wait, 2 s at most.
   */
  publish(channel: string, message: string): Promise<number | undefined>;
  /**
   * Resolves when the subscription is in force; it is renewed by itself after a lost connection. Rejects with `STORE_…`
   * where it is not in force within the deadline (and 2 s, while there is no connection): then there is none. A listener
   * that throws is reported to `onError`.
   */
  subscribe(channel: string, listener: ChannelListener): Promise<() => Promise<void>>;
  /** The same for all channels that match a pattern as Redis reads it: `*`, `?`, `[…]`, and a backslash before them. */
  psubscribe(pattern: string, listener: ChannelListener): Promise<() => Promise<void>>;
  /** `"up"`: all subscriptions are in force again after a loss; `"down"`: the subscriber's connection was lost. */
  on(event: "up" | "down", listener: () => void): () => void;
  /** Closes what it opened, never a user's client. Later calls reject with `CLOSED`. */
  close(): Promise<void>;
}

/** How channels are opened. */
export interface ChannelsSpec {
  /** A URL, a client, or two of them: one that publishes, and one that subscribes and does nothing else. */
  redis: unknown;
  /** The deadline of a call. */
  timeoutMs: number;
  /** Told what belongs to no call. */
  onError(error: Error): void;
}

/**
 * Opens channels. Over a URL the connections are shared by all of a process; beside a client one like it is opened that
 * subscribes. None of them holds the process.
 *
 * @throws TollgateError `CONFIG_REDIS` where `redis` is nothing that can carry messages.
 */
export function openChannels(spec: ChannelsSpec): Channels {
  const { redis } = spec;
  if (typeof redis === "string") return overUrl(redis, spec);
  if (Array.isArray(redis)) return overTwo(redis, spec);
  const { client, commands } = subscribable(redis);
  const use = useSubscriptions(client, () => subscriberLike(client, commands.isCluster));
  return new RedisChannels(commands, use, spec, () => {});
}

function overUrl(url: string, spec: ChannelsSpec): Channels {
  checkUrl(url);
  const { connection, end } = useConnection(url, spec.onError);
  const use = useSubscriptions(url, () => subscriberAt(url));
  return new RedisChannels(connection, use, spec, end);
}

function overTwo(clients: readonly unknown[], spec: ChannelsSpec): Channels {
  const [publisher, subscriber] = clients;
  if (clients.length !== 2 || publisher === subscriber) throw notTwo(clients.length);
  const { commands } = subscribable(publisher);
  const { client, commands: hearing } = subscribable(subscriber);
  const open = () => (hearing.isCluster ? subscriberLike(client, true) : subscriberOn(client));
  return new RedisChannels(commands, useSubscriptions(client, open), spec, () => {});
}

function notTwo(given: number): TollgateError {
  const what = given === 2 ? "the same client twice" : `an array of ${given}`;
  return new TollgateError(
    "CONFIG_REDIS",
    `redis: ${what} is not allowed; expected two clients, one that publishes and one that subscribes`,
    "Give a URL, one client (a second connection is opened beside it), or [publisher, subscriber].",
  );
}

/** A client with what pub/sub needs, which not all that decide limits have. */
function subscribable(given: unknown): { client: ClientMethods; commands: Commands } {
  const commands = commandsOf(given);
  const client = given as ClientMethods & SubscribingClient;
  if (commands.transport === "tcp" && typeof client.subscribe === "function") return { client, commands };
  const what = commands.transport === "http" ? "a client over HTTP (@upstash/redis)" : "a pool of clients";
  throw new TollgateError(
    "CONFIG_REDIS",
    `redis: ${what} is not allowed here, as it cannot subscribe; expected a URL, or a client of ioredis or redis`,
    "Give a Redis URL (rediss:// for Upstash), or a client of ioredis (also its Cluster) or redis (also its cluster).",
  );
}

class RedisChannels implements Channels {
  #publisher: Publisher;
  #use: SubscriptionsUse;
  #spec: ChannelsSpec;
  #endConnection: () => void;
  #ends = new Set<() => void>();
  #isClosed = false;

  constructor(commands: Commands, use: SubscriptionsUse, spec: ChannelsSpec, endConnection: () => void) {
    this.#publisher = new Publisher(commands);
    this.#use = use;
    this.#spec = spec;
    this.#endConnection = endConnection;
    this.#ends.add(use.subscriptions.on("error", (error) => spec.onError(error)));
  }

  publish(channel: string, message: string): Promise<number | undefined> {
    if (this.#isClosed) return Promise.reject(closedError("bus"));
    return this.#publisher.publish(channel, message, this.#spec.timeoutMs);
  }

  subscribe(channel: string, listener: ChannelListener): Promise<() => Promise<void>> {
    return this.#subscribe("channel", channel, listener);
  }

  psubscribe(pattern: string, listener: ChannelListener): Promise<() => Promise<void>> {
    return this.#subscribe("pattern", pattern, listener);
  }

  on(event: "up" | "down", listener: () => void): () => void {
    return this.#endedBy(this.#use.subscriptions.on(event, listener));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const end of this.#ends) end();
    this.#ends.clear();
    this.#use.end();
    this.#endConnection();
  }

  async #subscribe(kind: Kind, name: string, listener: ChannelListener): Promise<() => Promise<void>> {
    if (this.#isClosed) throw closedError("bus");
    const hearer = (message: string, channel: string) => {
      try {
        listener(message, channel);
      } catch (error) {
        this.#spec.onError(error as Error);
      }
    };
    const leave = await this.#use.subscriptions.subscribe(kind, name, hearer, this.#spec.timeoutMs);
    if (this.#isClosed) leave();
    const end = this.#endedBy(leave);
    return async () => end();
  }

  #endedBy(end: () => void): () => void {
    const once = () => {
      this.#ends.delete(once);
      end();
    };
    this.#ends.add(once);
    return once;
  }
}
