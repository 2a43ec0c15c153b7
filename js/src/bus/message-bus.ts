import { closedError, optionError } from "../errors.js";
import { Listeners } from "../events.js";
import { type Channels, openChannels } from "../redis/channels.js";
import { ChannelNames } from "./channel-names.js";
import { Message } from "./message.js";
import { OtherProcesses } from "./other-processes.js";
import type { BusSettings } from "./settings.js";
import { Subscribers } from "./subscribers.js";
import type { Bus, BusEvents, BusStats } from "./types.js";

type Data = never;

/** A bus: within this process, and over channels to others. */
export class MessageBus implements Bus<Record<string, Data>> {
  #listeners = new Listeners<BusEvents>();
  #others: OtherProcesses | undefined;
  #counts = { published: 0, unsent: 0, delivered: 0, dropped: 0, broken: 0 };
  #closed: Promise<void> | undefined;
  #subscribers = new Subscribers({
    delivered: () => {
      this.#counts.delivered++;
    },
    missed: (topic, missed) => {
      this.#counts.dropped += missed;
      this.#listeners.emit("resync", { reason: "slow", topic, missed });
    },
    failed: (error) => this.#listeners.emit("error", error),
  });

  constructor({ redis, timeoutMs, prefix, name }: BusSettings) {
    if (redis === undefined) return;
    const channels = openChannels({ redis, timeoutMs, onError: (error) => this.#listeners.emit("error", error) });
    this.#others = this.#reach(channels, new ChannelNames(prefix, name));
  }

  publish(topic: string, data: Data): Promise<void> {
    let message: Message;
    try {
      message = this.#checked(topic, data);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#counts.published++;
    // Before the local subscribers, who may publish answers: others must not get those first.
    const sent = this.#others?.send(message) ?? Promise.resolve();
    // Whoever does not wait for it does not want to hear of it either; it is counted.
    sent.catch(() => {
      this.#counts.unsent++;
    });
    this.#subscribers.deliver(message);
    return sent;
  }

  async subscribe(topic: string, listener: (data: Data, topic: string) => unknown): Promise<() => Promise<void>> {
    this.#refuseClosed();
    checkTopic(topic);
    if (typeof listener !== "function") throw optionError("CONFIG_FUNCTION", "listener", listener, "a function");
    const subscriber = this.#subscribers.add(topic, listener);
    try {
      await this.#others?.hear(topic);
      this.#refuseClosed();
    } catch (error) {
      this.#subscribers.end(subscriber);
      throw error;
    }
    return async () => {
      if (this.#subscribers.end(subscriber)) await this.#others?.leave(topic);
    };
  }

  on<E extends keyof BusEvents>(event: E, listener: (event: BusEvents[E]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  stats(): BusStats {
    return { subscribers: this.#subscribers.all().length, ...this.#counts };
  }

  close(): Promise<void> {
    this.#closed ??= this.#others?.close() ?? Promise.resolve();
    this.#subscribers.endAll();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #reach(channels: Channels, names: ChannelNames): OtherProcesses {
    channels.on("up", () => this.#listeners.emit("resync", { reason: "reconnected" }));
    return new OtherProcesses(channels, names, {
      arrived: (subscribed, message) => this.#subscribers.deliverTo(subscribed, message),
      broken: () => {
        this.#counts.broken++;
      },
    });
  }

  #checked(topic: unknown, data: unknown): Message {
    this.#refuseClosed();
    checkTopic(topic);
    if (!topic.includes("*")) return Message.of(topic, data);
    throw optionError("CONFIG_TOPIC", "topic", topic, "one topic to publish to: * is for patterns of subscribers");
  }

  #refuseClosed(): void {
    if (this.#closed !== undefined) throw closedError("bus");
  }
}

function checkTopic(given: unknown): asserts given is string {
  if (typeof given === "string" && given !== "" && given.length <= 512 && !/\p{Surrogate}/u.test(given)) return;
  throw optionError("CONFIG_TOPIC", "topic", given, "a text of 1 to 512 characters, without lone surrogates");
}
