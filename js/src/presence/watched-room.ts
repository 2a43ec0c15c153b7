import type { EnginePresence } from "../machines.js";
import type { Channels } from "../redis/channels.js";
import { afterInput } from "../redis/deadline.js";
import { foreignReply, type Scripts, texts } from "./scripts.js";
import { pause, Subscribing } from "./subscribing.js";
import type { PresenceChange } from "./types.js";
import { WatchIterator } from "./watch.js";

/** Members of one page: the most that a script lists. */
const PAGE = 250;
/** After how long a snapshot that failed is read again. */
const RETRY_MS = 500;

/** What a watched room needs of its presence. */
export interface WatchWorld {
  engine: EnginePresence;
  scripts: Scripts;
  channels: Channels;
  failed(error: unknown): void;
  /** Whether a message is one of ours; else it is dropped. */
  isEvent(message: string, channel: string): boolean;
  /** Nobody watches the room any more. */
  left(room: string): void;
}

interface Watch<T> {
  iterator: WatchIterator<T>;
  /** The number of its snapshot; one that has been overtaken stops. */
  attempt: number;
  isComplete: boolean;
  wake: () => void;
}

/** A room that somebody here watches: one subscription, and a view for each watch. */
export class WatchedRoom<T> {
  #world: WatchWorld;
  #room: string;
  #subscription: Subscribing;
  #watches = new Map<number, Watch<T>>();
  #waking = false;

  constructor(world: WatchWorld, room: string) {
    this.#world = world;
    this.#room = room;
    const channel = world.engine.channel(room);
    this.#subscription = new Subscribing(
      (listener) => world.channels.subscribe(channel, listener),
      (message, from) => this.#hear(message, from),
      world.failed,
    );
  }

  open(): WatchIterator<T> {
    const { engine } = this.#world;
    const number = engine.watch(this.#room);
    let isFirst = true;
    const iterator = new WatchIterator<T>({
      take: () => {
        if (!watch.isComplete) return undefined;
        const text = engine.changes(number);
        const changes = text === "" ? undefined : JSON.parse(text);
        if (!isFirst) return changes as PresenceChange<T> | undefined;
        isFirst = false;
        return { snapshot: changes?.joined ?? [] };
      },
      close: () => this.#close(number),
    });
    const watch: Watch<T> = { iterator, attempt: 0, isComplete: false, wake: () => {} };
    this.#watches.set(number, watch);
    void this.#load(number, watch);
    return iterator;
  }

  /** Something may have been missed: everybody gets a new snapshot, and is told what is different. */
  renew(): void {
    this.#subscription.hurry();
    for (const number of this.#watches.keys()) this.#reload(number);
  }

  end(): void {
    for (const { iterator } of [...this.#watches.values()]) iterator.end();
  }

  #close(number: number): void {
    this.#watches.get(number)?.wake();
    this.#watches.delete(number);
    this.#world.engine.unwatch(number);
    if (this.#watches.size > 0) return;
    this.#subscription.end();
    this.#world.left(this.#room);
  }

  #hear(message: string, channel: string): void {
    if (!this.#world.isEvent(message, channel)) return;
    for (const number of this.#world.engine.watchEvent(channel, message)) this.#reload(number);
    this.#wakeSoon();
  }

  /** Messages of one turn are one change. */
  #wakeSoon(): void {
    if (this.#waking) return;
    this.#waking = true;
    afterInput(() => {
      this.#waking = false;
      for (const { iterator } of [...this.#watches.values()]) iterator.wake();
    });
  }

  #reload(number: number): void {
    const watch = this.#watches.get(number);
    if (watch === undefined) return;
    this.#world.engine.watchRestart(number);
    watch.isComplete = false;
    watch.attempt++;
    watch.wake();
    void this.#load(number, watch);
  }

  async #load(number: number, watch: Watch<T>): Promise<void> {
    const { attempt } = watch;
    const isCurrent = () => this.#watches.has(number) && watch.attempt === attempt;
    await this.#subscription.ready;
    while (isCurrent()) {
      try {
        if (!(await this.#read(number, isCurrent))) continue;
        this.#world.engine.watchStart(number);
        watch.isComplete = true;
        watch.iterator.wake();
        return;
      } catch (error) {
        this.#world.failed(error);
        this.#world.engine.watchRestart(number);
        await pause(RETRY_MS, (wake) => {
          watch.wake = wake;
        });
      }
    }
  }

  /** Reads a whole snapshot; false where it was overtaken. */
  async #read(number: number, isCurrent: () => boolean): Promise<boolean> {
    const { engine, scripts } = this.#world;
    let cursor = "0";
    do {
      const page = texts(await scripts.ask(engine.members(this.#room, cursor, PAGE)));
      if (!isCurrent()) return false;
      const used = engine.watchPage(number, page);
      if (used < 0) throw foreignReply();
      if (used === 0) {
        engine.watchRestart(number);
        return false;
      }
      cursor = page[0] as string;
    } while (cursor !== "0");
    return true;
  }
}
