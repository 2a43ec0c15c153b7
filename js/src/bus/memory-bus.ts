import { closedError, optionError } from "../errors.js";
import { Listeners } from "../events.js";
import { dataAsJson } from "../presence/text.js";
import { topicMatcher } from "./pattern.js";
import { Subscriber, type SubscriberReports } from "./subscriber.js";
import type { Bus, BusEvents, BusStats } from "./types.js";

type Data = never;

/** A bus within this process. */
export class MemoryBus implements Bus<Record<string, Data>> {
  #listeners = new Listeners<BusEvents>();
  #topics = new Map<string, Set<Subscriber>>();
  #patterns = new Map<Subscriber, (topic: string) => boolean>();
  #published = 0;
  #delivered = 0;
  #dropped = 0;
  #closed = false;
  #reports: SubscriberReports = {
    delivered: () => {
      this.#delivered++;
    },
    missed: (topic, missed) => {
      this.#dropped += missed;
      this.#listeners.emit("resync", { reason: "slow", topic, missed });
    },
    failed: (error) => this.#listeners.emit("error", error),
  };

  async publish(topic: string, data: Data): Promise<void> {
    this.#refuseClosed();
    if (checkedTopic(topic).includes("*")) {
      throw optionError("CONFIG_TOPIC", "topic", topic, "one topic to publish to: * is for patterns of subscribers");
    }
    const message = { topic, json: dataAsJson(data) };
    this.#published++;
    for (const subscriber of this.#subscribersOf(topic)) subscriber.receive(message);
  }

  async subscribe(topic: string, listener: (data: Data, topic: string) => unknown): Promise<() => Promise<void>> {
    this.#refuseClosed();
    checkedTopic(topic);
    if (typeof listener !== "function") throw optionError("CONFIG_FUNCTION", "listener", listener, "a function");
    const subscriber = new Subscriber(topic, listener, this.#reports);
    if (topic.includes("*")) this.#patterns.set(subscriber, topicMatcher(topic));
    else this.#topics.set(topic, (this.#topics.get(topic) ?? new Set()).add(subscriber));
    return async () => this.#end(subscriber);
  }

  on<E extends keyof BusEvents>(event: E, listener: (event: BusEvents[E]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  stats(): BusStats {
    return {
      subscribers: this.#all().length,
      published: this.#published,
      delivered: this.#delivered,
      dropped: this.#dropped,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const subscriber of this.#all()) this.#end(subscriber);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refuseClosed(): void {
    if (this.#closed) throw closedError("bus");
  }

  #all(): Subscriber[] {
    return [...[...this.#topics.values()].flatMap((list) => [...list]), ...this.#patterns.keys()];
  }

  #subscribersOf(topic: string): Subscriber[] {
    const matching = [...this.#patterns].filter(([, matches]) => matches(topic)).map(([subscriber]) => subscriber);
    return [...(this.#topics.get(topic) ?? []), ...matching];
  }

  #end(subscriber: Subscriber): void {
    subscriber.end();
    this.#patterns.delete(subscriber);
    const list = this.#topics.get(subscriber.topic);
    list?.delete(subscriber);
    if (list?.size === 0) this.#topics.delete(subscriber.topic);
  }
}

function checkedTopic(given: unknown): string {
  if (typeof given === "string" && given !== "" && given.length <= 512 && !/\p{Surrogate}/u.test(given)) return given;
  throw optionError("CONFIG_TOPIC", "topic", given, "a text of 1 to 512 characters, without lone surrogates");
}
