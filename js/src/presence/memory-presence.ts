import { nowMicros } from "../clock.js";
import { closedError } from "../errors.js";
import { Listeners } from "../events.js";
import type { EngineRoster } from "../machines.js";
import { engineErrors } from "../validate.js";
import { Alarm } from "./alarm.js";
import { checkMember, checkPage, type Page } from "./asked.js";
import { checkedText, dataAsJson } from "./text.js";
import { emitTold, type Told } from "./told.js";
import type { Member, Membership, NewMember, Presence, PresenceChange, PresenceEvents } from "./types.js";
import { WatchIterator } from "./watch.js";

/** Presence within this process. */
export class MemoryPresence<T> implements Presence<T> {
  #engine: EngineRoster;
  #listeners = new Listeners<PresenceEvents<T>>();
  #watches = new Map<string, Set<WatchIterator<T>>>();
  #alarm = new Alarm(() => this.#tell());
  #told: Told<T>[] = [];
  #telling = false;
  #closed = false;
  #lastSession = 0;

  constructor(made: EngineRoster) {
    this.#engine = made;
  }

  async join(room: string, member: NewMember<T>): Promise<Membership<T>> {
    this.#refuseClosed();
    const { id, user, data } = checkMember(room, member);
    const session = ++this.#lastSession;
    engineErrors(() => this.#engine.join(room, id, session, user, data, nowMicros()));
    this.#tell();
    return {
      id,
      update: async (data) => this.#update(room, id, session, data),
      leave: async () => this.#leave(room, id, session),
    };
  }

  async members(room: string, page: Page = {}): Promise<{ members: Member<T>[]; cursor?: string }> {
    this.#refuseClosed();
    const { cursor, limit } = checkPage(room, page);
    return this.#read(() => JSON.parse(this.#engine.members(room, cursor, limit, nowMicros())));
  }

  async count(room: string): Promise<{ members: number; users: number }> {
    this.#refuseClosed();
    checkedText("CONFIG_ROOM", "room", room);
    const [members = 0, users = 0] = this.#read(() => this.#engine.count(room, nowMicros()))
      .split(" ")
      .map(Number);
    return { members, users };
  }

  async has(room: string, id: string): Promise<boolean> {
    this.#refuseClosed();
    checkedText("CONFIG_ROOM", "room", room);
    checkedText("CONFIG_ID", "id", id);
    return this.#read(() => this.#engine.has(room, id, nowMicros()));
  }

  watch(room: string): AsyncIterable<PresenceChange<T>> {
    this.#refuseClosed();
    checkedText("CONFIG_ROOM", "room", room);
    return { [Symbol.asyncIterator]: () => this.#startWatch(room) };
  }

  on<E extends keyof PresenceEvents<T>>(event: E, listener: (event: PresenceEvents<T>[E]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm.set(-1);
    for (const watches of [...this.#watches.values()]) for (const watch of [...watches]) watch.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refuseClosed(): void {
    if (this.#closed) throw closedError("presence");
  }

  #update(room: string, id: string, session: number, data: T): void {
    this.#refuseClosed();
    const json = dataAsJson(data);
    const held = engineErrors(() => this.#engine.update(room, id, session, json, nowMicros()));
    this.#tell();
    if (!held) throw closedError("membership");
  }

  #leave(room: string, id: string, session: number): void {
    if (this.#closed) return;
    this.#engine.leave(room, id, session, nowMicros());
    this.#tell();
  }

  /** A read tells first of what it meets. */
  #read<R>(read: () => R): R {
    const answer = read();
    this.#tell();
    return answer;
  }

  #startWatch(room: string): WatchIterator<T> {
    this.#refuseClosed();
    const number = this.#engine.watch(room, nowMicros());
    let isFirst = true;
    const watch = new WatchIterator<T>({
      take: () => {
        const text = this.#engine.changes(number);
        const changes = text === "" ? undefined : JSON.parse(text);
        if (!isFirst) return changes;
        isFirst = false;
        return { snapshot: changes?.joined ?? [] };
      },
      close: () => {
        this.#engine.unwatch(number);
        this.#forgetWatch(room, watch);
      },
    });
    this.#watches.set(room, (this.#watches.get(room) ?? new Set()).add(watch));
    this.#tell();
    return watch;
  }

  #forgetWatch(room: string, watch: WatchIterator<T>): void {
    const watches = this.#watches.get(room);
    watches?.delete(watch);
    if (watches?.size === 0) this.#watches.delete(room);
  }

  /** Tells what has happened, in order also where a listener makes more happen, and sets the alarm. */
  #tell(): void {
    if (this.#closed) return;
    const text = this.#engine.drain(nowMicros());
    const { next, events } = text === "" ? { next: -1, events: [] } : JSON.parse(text);
    this.#alarm.set(next);
    this.#told.push(...events);
    if (this.#telling) return;
    this.#telling = true;
    for (let told = this.#told.shift(); told !== undefined; told = this.#told.shift()) this.#emit(told);
    this.#telling = false;
  }

  #emit(told: Told<T>): void {
    emitTold(this.#listeners, told);
    for (const watch of [...(this.#watches.get(told.room) ?? [])]) watch.wake();
  }
}
