import { Listeners } from "../events.js";
import { CONNECT_MS } from "./connect-time.js";
import { Deadline } from "./deadline.js";
import type { OpenedSubscriber, OpenSubscriber } from "./open-subscriber.js";
import { lostWhenSilent } from "./silence.js";
import { failedCall, isAnswer, unavailable } from "./store-errors.js";
import type { Kind } from "./subscriber.js";

/** Delays before a lost connection is opened again: doubling, so that a Redis that starts is not overrun. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;

/** Told of a message. It does not throw. */
export type Hearer = (message: string, channel: string) => void;

interface Subscription {
  kind: Kind;
  name: string;
  hearers: Set<Hearer>;
  /** Whether it was in force, and so is renewed with the connection. */
  isKept: boolean;
}

interface Waiting {
  resolve(subscriber: OpenedSubscriber): void;
  reject(error: Error): void;
}

/** What happens to the connection. */
interface Events {
  up: undefined;
  down: undefined;
  error: Error;
}

/**
 * All subscriptions over one connection, which is opened for the first of them, and again whenever it was lost.
 *
 * Neither the connection nor a timer here holds the process.
 */
export class Subscriptions {
  #open: OpenSubscriber;
  #all = new Map<string, Subscription>();
  #subscriber: OpenedSubscriber | undefined;
  #waiting = new Set<Waiting>();
  #events = new Listeners<Events>();
  #lose: (error: Error) => void = () => {};
  #wasUp = false;
  #wasDown = false;
  #isRunning = false;
  #isClosed = false;
  #delayMs = FIRST_DELAY_MS;

  constructor(open: OpenSubscriber) {
    this.#open = open;
  }

  /**
   * Resolves when the subscription is in force, with what ends it. Opening the connection may take 2 s, the rest
   * `timeoutMs`; then this rejects, and there is no subscription.
   */
  async subscribe(kind: Kind, name: string, hearer: Hearer, timeoutMs: number): Promise<() => void> {
    const subscription = this.#subscription(kind, name);
    subscription.hearers.add(hearer);
    const leave = () => this.#leave(subscription, hearer);
    try {
      await beforeDeadline(CONNECT_MS + timeoutMs, this.#inForce(subscription));
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Ends the connection, or, where it is a user's, the subscriptions. */
  close(): void {
    this.#isClosed = true;
    for (const { kind, name } of this.#all.values()) this.#subscriber?.remove(kind, name).catch(() => {});
    this.#lose(unavailable("it is closed"));
    for (const { reject } of this.#drained()) reject(unavailable("it is closed"));
  }

  #subscription(kind: Kind, name: string): Subscription {
    const id = `${kind} ${name}`;
    const subscription = this.#all.get(id) ?? { kind, name, hearers: new Set(), isKept: false };
    this.#all.set(id, subscription);
    return subscription;
  }

  #leave(subscription: Subscription, hearer: Hearer): void {
    const { kind, name, hearers } = subscription;
    const id = `${kind} ${name}`;
    if (!hearers.delete(hearer) || hearers.size > 0 || this.#all.get(id) !== subscription) return;
    this.#all.delete(id);
    this.#subscriber?.remove(kind, name).catch(() => {});
  }

  async #inForce(subscription: Subscription): Promise<void> {
    for (;;) {
      const subscriber = await this.#connected();
      if (subscription.hearers.size === 0) throw unavailable("it was given up");
      try {
        await subscriber.add(subscription.kind, subscription.name);
        subscription.isKept = true;
        return;
      } catch (error) {
        if (isAnswer(error)) throw failedCall(error);
        if (subscriber === this.#subscriber) this.#lose(failedCall(error));
      }
    }
  }

  async #connected(): Promise<OpenedSubscriber> {
    if (this.#subscriber !== undefined) return this.#subscriber;
    if (!this.#isRunning) void this.#run();
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  /** One connection after the other, for as long as there are subscriptions. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (!this.#isClosed && this.#all.size > 0) {
      try {
        await this.#connect();
      } catch (error) {
        this.#failed(error);
      }
      if (!this.#isClosed) await unheldPause(this.#delayMs * (0.5 + Math.random() / 2));
      this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
    }
    this.#isRunning = false;
  }

  /** One connection, from its opening to its loss: rejects with what ended it. */
  async #connect(): Promise<void> {
    let isLost = false;
    let lose: (error: Error) => void = () => {};
    const lost = new Promise<never>((_, reject) => {
      lose = (error) => {
        if (!isLost) this.#subscriber = undefined;
        isLost = true;
        reject(error);
      };
    });
    lost.catch(() => {});
    this.#lose = lose;
    const subscriber = await this.#open((kind, name, message, channel) => {
      if (!isLost) this.#hear(kind, name, message, channel);
    }, lose);
    let attend = () => {};
    try {
      if (isLost || this.#isClosed) return await lost;
      this.#subscriber = subscriber;
      if (subscriber.isOurs) attend = lostWhenSilent(subscriber, lose);
      for (const { resolve } of this.#drained()) resolve(subscriber);
      await Promise.race([lost, this.#renew(subscriber)]);
      this.#up();
      await lost;
    } finally {
      lose(unavailable("the connection was lost"));
      attend();
      subscriber.destroy();
    }
  }

  async #renew(subscriber: OpenedSubscriber): Promise<void> {
    const kept = [...this.#all.values()].filter(({ isKept }) => isKept);
    await Promise.all(kept.map(({ kind, name }) => subscriber.add(kind, name)));
  }

  #up(): void {
    this.#delayMs = FIRST_DELAY_MS;
    if (this.#wasDown) this.#events.emit("up", undefined);
    this.#wasDown = false;
    this.#wasUp = true;
  }

  /** A loss is told once; why the connection does not come back is told by calls that fail. */
  #failed(error: unknown): void {
    if (!this.#wasUp) {
      for (const { reject } of this.#drained()) reject(asUnavailable(error));
      return;
    }
    if (this.#wasDown) return;
    this.#wasDown = true;
    this.#events.emit("error", failedCall(error));
    this.#events.emit("down", undefined);
  }

  #drained(): Waiting[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }

  #hear(kind: Kind, name: string, message: string, channel: string): void {
    for (const hearer of this.#all.get(`${kind} ${name}`)?.hearers ?? []) hearer(message, channel);
  }
}

function asUnavailable(error: unknown): Error {
  const { code } = error as { code?: unknown };
  const isOurs = typeof code === "string" && /^(?:CONFIG|STORE)_/.test(code);
  return isOurs ? (error as Error) : unavailable(failedCall(error).message);
}

async function beforeDeadline(ms: number, done: Promise<void>): Promise<void> {
  let deadline: Deadline | undefined;
  const passed = new Promise<never>((_, reject) => {
    deadline = new Deadline(ms, () => reject(unavailable(`the subscription was not in force within ${ms} ms`)));
  });
  try {
    await Promise.race([done, passed]);
  } finally {
    done.catch(() => {});
    deadline?.clear();
  }
}

function unheldPause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    (timer as { unref?: () => void }).unref?.();
  });
}
