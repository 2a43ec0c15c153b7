/** A channel by its name, or all that match a pattern of Redis's. */
export type Kind = "channel" | "pattern";

/** Told of a message, once for each subscription that it is for: which one, the text, and where it was published. */
export type Hear = (kind: Kind, name: string, message: string, channel: string) => void;

/** A connection that hears what is published. */
export interface Subscriber {
  /** Resolves when the subscription is in force. */
  add(kind: Kind, name: string): Promise<unknown>;
  remove(kind: Kind, name: string): Promise<unknown>;
}

/** The parts of users' clients that are used to subscribe. */
export interface SubscribingClient {
  on?: (event: string, listener: (...args: string[]) => void) => unknown;
  evalSha?: unknown;
  subscribe?: (name: string, listener?: Listener) => Promise<unknown>;
  unsubscribe?: (name: string, listener?: Listener) => Promise<unknown>;
  psubscribe?: (name: string) => Promise<unknown>;
  punsubscribe?: (name: string) => Promise<unknown>;
  pSubscribe?: (name: string, listener: Listener) => Promise<unknown>;
  pUnsubscribe?: (name: string, listener: Listener) => Promise<unknown>;
}

type Listener = (message: string, channel: string) => void;

/** Hears over a client that is connected. */
export function subscriberOver(client: SubscribingClient, hear: Hear): Subscriber {
  return typeof client.evalSha === "function"
    ? new NodeRedisSubscriber(client, hear)
    : new IoRedisSubscriber(client, hear);
}

/** ioredis 4, 5 and 6: one event for all channels, and one for all patterns. */
class IoRedisSubscriber implements Subscriber {
  #client: SubscribingClient;

  constructor(client: SubscribingClient, hear: Hear) {
    this.#client = client;
    client.on?.("message", (channel = "", message = "") => hear("channel", channel, message, channel));
    client.on?.("pmessage", (pattern = "", channel = "", message = "") => hear("pattern", pattern, message, channel));
  }

  async add(kind: Kind, name: string): Promise<unknown> {
    return kind === "channel" ? this.#client.subscribe?.(name) : this.#client.psubscribe?.(name);
  }

  async remove(kind: Kind, name: string): Promise<unknown> {
    return kind === "channel" ? this.#client.unsubscribe?.(name) : this.#client.punsubscribe?.(name);
  }
}

/** node-redis 4, 5 and 6: a listener for each subscription; the same one again changes nothing. */
class NodeRedisSubscriber implements Subscriber {
  #client: SubscribingClient;
  #hear: Hear;
  #listeners = new Map<string, Listener>();

  constructor(client: SubscribingClient, hear: Hear) {
    this.#client = client;
    this.#hear = hear;
  }

  async add(kind: Kind, name: string): Promise<unknown> {
    const id = `${kind} ${name}`;
    const listener = this.#listeners.get(id) ?? ((message, channel) => this.#hear(kind, name, message, channel));
    this.#listeners.set(id, listener);
    return kind === "channel" ? this.#client.subscribe?.(name, listener) : this.#client.pSubscribe?.(name, listener);
  }

  async remove(kind: Kind, name: string): Promise<unknown> {
    const id = `${kind} ${name}`;
    const listener = this.#listeners.get(id);
    if (listener === undefined) return;
    this.#listeners.delete(id);
    return kind === "channel"
      ? this.#client.unsubscribe?.(name, listener)
      : this.#client.pUnsubscribe?.(name, listener);
  }
}
