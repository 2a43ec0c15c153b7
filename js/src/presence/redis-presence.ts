import { nowMicros } from "../clock.js";
import { closedError } from "../errors.js";
import type { Listeners } from "../events.js";
import { checkMember, checkPage, type Page } from "./asked.js";
import { madeUpSession } from "./made-up.js";
import type { Shared } from "./open-shared.js";
import { OwnMembers } from "./own-members.js";
import { Rounds } from "./rounds.js";
import { foreignMessage, foreignReply, number, numbers, texts } from "./scripts.js";
import { pause, Subscribing } from "./subscribing.js";
import { checkedText, dataAsJson } from "./text.js";
import { emitTold, type Told } from "./told.js";
import type { Member, Membership, NewMember, Presence, PresenceChange, PresenceEvents } from "./types.js";
import type { WatchIterator } from "./watch.js";
import { WatchedRoom } from "./watched-room.js";

/** A call that belongs to no batch of heartbeats has failed: the next round comes sooner all the same. */
const NO_BATCH = 0;

/** Presence that processes share through Redis. */
export class RedisPresence<T> implements Presence<T> {
  #shared: Shared;
  #listeners: Listeners<PresenceEvents<T>>;
  #members: OwnMembers;
  #rounds: Rounds;
  #rooms = new Map<string, WatchedRoom<T>>();
  /** The events of all rooms, while somebody listens. */
  #events: Subscribing | undefined;
  #listening = 0;
  #closed = false;

  /** `listeners`: also those of errors that come before this is made. */
  constructor(shared: Shared, listeners: Listeners<PresenceEvents<T>>) {
    this.#shared = shared;
    this.#listeners = listeners;
    const { engine, scripts, partitions, channels } = shared;
    const [ttl = 0, heartbeat = 0] = engine.pace().split(" ").map(Number);
    const failed = (error: unknown) => this.#failed(error);
    this.#members = new OwnMembers(engine, scripts, ttl, (error) => {
      engine.unanswered(NO_BATCH, nowMicros());
      this.#rounds.set();
      failed(error);
    });
    this.#rounds = new Rounds(engine, scripts, this.#members, partitions, heartbeat, failed);
    channels.on("up", () => void this.#returned());
  }

  async join(room: string, member: NewMember<T>): Promise<Membership<T>> {
    this.#refuseClosed();
    const { id, user, data } = checkMember(room, member);
    const place = { room, id, session: madeUpSession() };
    await this.#hears();
    this.#refuseClosed();
    const joined = this.#members.join(place, user, data);
    this.#rounds.set();
    await joined;
    return {
      id,
      update: async (data) => {
        this.#refuseClosed();
        await this.#members.update(place, user, dataAsJson(data));
      },
      leave: async () => {
        if (!this.#closed) await this.#members.leave(place);
      },
    };
  }

  async members(room: string, page: Page = {}): Promise<{ members: Member<T>[]; cursor?: string }> {
    this.#refuseClosed();
    const { cursor, limit } = checkPage(room, page, /^\d{1,20}$/);
    const found = new Map<string, Member<T>>();
    let next: string | undefined = cursor === "" ? "0" : cursor;
    do {
      const read: { members: Member<T>[]; cursor?: string } = await this.#page(room, next, limit - found.size);
      // A member may be in two pages; the later one knows more.
      for (const member of read.members) found.set(member.id, member);
      next = read.cursor;
    } while (next !== undefined && found.size < limit);
    const members = [...found.values()];
    return next === undefined ? { members } : { members, cursor: next };
  }

  async count(room: string): Promise<{ members: number; users: number }> {
    this.#refuseClosed();
    checkedText("CONFIG_ROOM", "room", room);
    const { engine, scripts } = this.#shared;
    for (;;) {
      const [members = 0, users = 0, more] = numbers(await scripts.ask(engine.count(room)), 3);
      if (more !== 1) return { members, users };
    }
  }

  async has(room: string, id: string): Promise<boolean> {
    this.#refuseClosed();
    checkedText("CONFIG_ROOM", "room", room);
    checkedText("CONFIG_ID", "id", id);
    const { engine, scripts } = this.#shared;
    return number(await scripts.ask(engine.has(room, id))) === 1;
  }

  watch(room: string): AsyncIterable<PresenceChange<T>> {
    this.#refuseClosed();
    checkedText("CONFIG_ROOM", "room", room);
    return { [Symbol.asyncIterator]: () => this.#startWatch(room) };
  }

  on<E extends keyof PresenceEvents<T>>(event: E, listener: (event: PresenceEvents<T>[E]) => void): () => void {
    const remove = this.#listeners.on(event, listener);
    if (event === "error" || this.#closed) return remove;
    this.#listen(1);
    let isOver = false;
    return () => {
      remove();
      if (!isOver) this.#listen(-1);
      isOver = true;
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#rounds.end();
    for (const room of [...this.#rooms.values()]) room.end();
    await this.#members.leaveAll();
    this.#events?.end();
    await this.#shared.channels.close();
    this.#shared.free();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refuseClosed(): void {
    if (this.#closed) throw closedError("presence");
  }

  async #page(room: string, cursor: string, limit: number): Promise<{ members: Member<T>[]; cursor?: string }> {
    const { engine, scripts } = this.#shared;
    const text = engine.page(texts(await scripts.ask(engine.members(room, cursor, limit))));
    const page = text === "" ? undefined : parsed(text);
    if (page === undefined) throw foreignReply();
    return page as { members: Member<T>[]; cursor?: string };
  }

  #startWatch(room: string): WatchIterator<T> {
    this.#refuseClosed();
    const { engine, scripts, channels } = this.#shared;
    let watched = this.#rooms.get(room);
    if (watched === undefined) {
      const failed = (error: unknown) => this.#failed(error);
      const isEvent = (message: string, channel: string) => this.#told(message, channel) !== undefined;
      const left = () => this.#rooms.delete(room);
      watched = new WatchedRoom<T>({ engine, scripts, channels, failed, isEvent, left }, room);
      this.#rooms.set(room, watched);
    }
    return watched.open();
  }

  #listen(by: number): void {
    this.#listening += by;
    if (this.#listening === 0) {
      this.#events?.end();
      this.#events = undefined;
    }
    if (this.#listening === 0 || this.#events !== undefined || this.#closed) return;
    const { engine, channels } = this.#shared;
    this.#events = new Subscribing(
      (listener) => channels.psubscribe(engine.pattern(), listener),
      (message, channel) => {
        const told = this.#told(message, channel);
        if (told !== undefined) emitTold(this.#listeners, told);
      },
      (error) => this.#failed(error),
    );
  }

  /** Who listens hears of own members also: joins wait for that, as long as a call may take. */
  async #hears(): Promise<void> {
    if (this.#events === undefined) return;
    let wake = () => {};
    const tooLong = pause(this.#shared.timeoutMs, (end) => {
      wake = end;
    });
    await Promise.race([this.#events.ready, tooLong]);
    wake();
  }

  /** What a message tells; one that is none of ours is dropped, and told as an error. */
  #told(message: string, channel: string): Told<T> | undefined {
    const text = this.#shared.engine.event(channel, message);
    const told = text === "" ? undefined : parsed(text);
    if (told === undefined) this.#listeners.emit("error", foreignMessage(channel));
    return told as Told<T> | undefined;
  }

  /** Redis may have forgotten everybody: own members are registered first, so that snapshots have them. */
  async #returned(): Promise<void> {
    if (this.#closed) return;
    this.#events?.hurry();
    await this.#rounds.returned();
    for (const room of this.#rooms.values()) room.renew();
  }

  /** Told once, until Redis answers again. */
  #failed(error: unknown): void {
    const { scripts } = this.#shared;
    if (scripts.isFailing || this.#closed) return;
    scripts.isFailing = true;
    this.#listeners.emit("error", error);
  }
}

/** Data that no process of ours has written may be anything. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
