import type { Message } from "./message.js";

/** Messages that wait for a subscriber at most. */
export const MAX_WAITING = 1000;

/** What becomes of a subscriber's messages. */
export interface SubscriberReports {
  delivered(): void;
  missed(topic: string, count: number): void;
  failed(error: unknown): void;
}

/** One subscription: hands over messages one after the other, and drops what comes while too many wait. */
export class Subscriber {
  readonly topic: string;
  #listener: (data: never, topic: string) => unknown;
  #reports: SubscriberReports;
  #waiting: Message[] = [];
  #busy = false;
  #missed = 0;
  #ended = false;

  constructor(topic: string, listener: (data: never, topic: string) => unknown, reports: SubscriberReports) {
    this.topic = topic;
    this.#listener = listener;
    this.#reports = reports;
  }

  receive(message: Message): void {
    if (this.#ended) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#missed++;
      return;
    }
    this.#waiting.push(message);
    this.#handOver();
  }

  end(): void {
    this.#ended = true;
    this.#waiting = [];
  }

  #handOver(): void {
    while (!this.#busy) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      const pending = this.#call(message);
      this.#reportMissed();
      if (pending === undefined) continue;
      this.#busy = true;
      void pending.then(() => {
        this.#busy = false;
        this.#handOver();
      });
    }
  }

  /** Calls the listener; what it returns, if that is to be waited for. */
  #call(message: Message): Promise<void> | undefined {
    // A message published by the listener itself comes after this one.
    this.#busy = true;
    try {
      this.#reports.delivered();
      const returned = this.#listener(message.copy() as never, message.topic);
      if (!isThenable(returned)) return undefined;
      return Promise.resolve(returned).then(
        () => undefined,
        (error: unknown) => this.#reports.failed(error),
      );
    } catch (error) {
      this.#reports.failed(error);
      return undefined;
    } finally {
      this.#busy = false;
    }
  }

  /** A gap is told once there is room again, with its size. */
  #reportMissed(): void {
    if (this.#missed === 0 || this.#ended) return;
    const missed = this.#missed;
    this.#missed = 0;
    this.#reports.missed(this.topic, missed);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === "function";
}
