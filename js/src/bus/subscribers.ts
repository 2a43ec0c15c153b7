import type { Message } from "./message.js";
import { topicMatcher } from "./pattern.js";
import { Subscriber, type SubscriberReports } from "./subscriber.js";

type Listener = (data: never, topic: string) => unknown;

/** Those who have subscribed to one pattern. */
interface Matching {
  matches: (topic: string) => boolean;
  subscribers: Set<Subscriber>;
}

/** All who have subscribed in this process, by topic and by pattern. */
export class Subscribers {
  #topics = new Map<string, Set<Subscriber>>();
  #patterns = new Map<string, Matching>();
  #reports: SubscriberReports;

  constructor(reports: SubscriberReports) {
    this.#reports = reports;
  }

  add(topic: string, listener: Listener): Subscriber {
    const subscriber = new Subscriber(topic, listener, this.#reports);
    this.#list(topic).add(subscriber);
    return subscriber;
  }

  /** Ends a subscription; false where it was ended already. */
  end(subscriber: Subscriber): boolean {
    const { topic } = subscriber;
    const list = this.#exactly(topic);
    if (!list?.delete(subscriber)) return false;
    subscriber.end();
    if (list.size === 0 && !this.#topics.delete(topic)) this.#patterns.delete(topic);
    return true;
  }

  endAll(): void {
    for (const subscriber of this.all()) this.end(subscriber);
  }

  /** Delivers to all whose topic or pattern fits. */
  deliver(message: Message): void {
    const lists = [...this.#patterns.values()].filter(({ matches }) => matches(message.topic));
    const matching = lists.flatMap(({ subscribers }) => [...subscribers]);
    for (const subscriber of [...(this.#topics.get(message.topic) ?? []), ...matching]) subscriber.receive(message);
  }

  /** Delivers to those who have subscribed to just this topic or pattern. */
  deliverTo(subscribed: string, message: Message): void {
    for (const subscriber of [...(this.#exactly(subscribed) ?? [])]) subscriber.receive(message);
  }

  all(): Subscriber[] {
    const lists = [...this.#topics.values(), ...[...this.#patterns.values()].map(({ subscribers }) => subscribers)];
    return lists.flatMap((list) => [...list]);
  }

  #exactly(topic: string): Set<Subscriber> | undefined {
    return this.#topics.get(topic) ?? this.#patterns.get(topic)?.subscribers;
  }

  #list(topic: string): Set<Subscriber> {
    const known = this.#exactly(topic);
    if (known !== undefined) return known;
    const subscribers = new Set<Subscriber>();
    if (topic.includes("*")) this.#patterns.set(topic, { matches: topicMatcher(topic), subscribers });
    else this.#topics.set(topic, subscribers);
    return subscribers;
  }
}
