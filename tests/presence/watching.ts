// What a test needs of watches and events in its own process.
import type { Member, Presence, PresenceChange } from "../../js/src/index.js";

/** A room as somebody knows it who follows a watch; applying a change that does not fit is an error. */
export class Followed<T> {
  readonly members = new Map<string, Member<T>>();
  readonly changes: PresenceChange<T>[] = [];
  readonly done: Promise<void>;
  readonly #watch: AsyncIterator<PresenceChange<T>>;

  constructor(presence: Presence<T>, room: string) {
    this.#watch = presence.watch(room)[Symbol.asyncIterator]();
    this.done = this.#follow();
  }

  get ids(): string[] {
    return [...this.members.keys()].sort();
  }

  async end(): Promise<void> {
    await this.#watch.return?.();
    await this.done;
  }

  async #follow(): Promise<void> {
    for (let step = await this.#watch.next(); !step.done; step = await this.#watch.next()) this.#apply(step.value);
  }

  #apply(change: PresenceChange<T>): void {
    const isFirst = this.changes.length === 0;
    this.changes.push(change);
    if ("snapshot" in change !== isFirst) throw new Error("a watch begins with its only snapshot");
    const { joined, updated, left } =
      "snapshot" in change ? { joined: change.snapshot, updated: [], left: [] } : change;
    for (const member of left) if (!this.members.delete(member.id)) throw new Error(`${member.id} was not there`);
    for (const member of updated) if (!this.members.has(member.id)) throw new Error(`${member.id} is not there`);
    for (const member of joined) if (this.members.has(member.id)) throw new Error(`${member.id} is there already`);
    for (const member of [...joined, ...updated]) this.members.set(member.id, member);
  }
}
