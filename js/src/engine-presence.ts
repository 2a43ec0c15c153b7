/** A call of a script, as the engine writes it in JSON: the script is its place in `presenceScripts`. */
export interface EngineCall {
  script: number;
  partition: number;
  keys: string[];
  args: string[];
}

/**
 * What one process knows of presence that several share: whom it must vouch for, and the rooms that it watches. Calls
 * are JSON of {@link EngineCall}; texts are well-formed (no lone surrogates); times are microseconds.
 */
export interface EnginePresence {
  /** The call that joins; the member is vouched for from now on. */
  join(room: string, id: string, session: number, user: string | undefined, data: string, now: number): string;
  /** The call that updates; `""` where this process does not hold the member under that session. */
  update(room: string, id: string, session: number, user: string | undefined, data: string): string;
  /** The call that leaves; `""` as above. */
  leave(room: string, id: string, session: number): string;
  /**
   * What the answer to a join, an update or a rejoin means: `"held"`, `"lost"`, the call that joins again, or `""` for an
   * answer that no script of ours gives.
   */
  stands(room: string, id: string, session: number, reply: number): string;
  /** Lets time pass: `[{"batch":…,"call":…},…]`, the heartbeats that are due. */
  dueBeats(now: number): string;
  /** `[{"room":…,"id":…,"session":…},…]`: the members that the store has forgotten; `""` for a foreign answer. */
  beaten(batch: number, reply: readonly number[]): string;
  /** A batch had no answer. */
  unanswered(batch: number, now: number): void;
  /** The store is there again, and may have forgotten everybody. */
  returned(now: number): void;
  /** The ttl and the heartbeat, separated by a space. */
  pace(): string;
  /** When heartbeats are due; −1 for never. */
  next(): number;
  /** Forgets all own members: a list of the calls with which they leave. */
  leaveAll(): string;
  /** Which rooms of a partition may have expired members; the answer is a list of them. */
  due(partition: number): string;
  /** Takes expired members out; the answer is how many, and 1 where more are due. */
  sweep(partition: number, rooms: readonly string[]): string;
  /** A page from `cursor` on, `"0"` for the first one. */
  members(room: string, cursor: string, limit: number): string;
  /** `{"members":[…],"cursor":"…"}` of an answer; `""` for a foreign one. */
  page(reply: readonly string[]): string;
  /** The answer is connections, users, and 1 where to ask again. */
  count(room: string): string;
  /** The answer is 1 or 0. */
  has(room: string, id: string): string;
  /** Where events of a room are published. */
  channel(room: string): string;
  /** What to subscribe to for those of all rooms. */
  pattern(): string;
  /** `{"room":…,"kind":…,…}` as `EngineRoster.drain` has them; `""` for a foreign message. */
  event(channel: string, message: string): string;
  /** Makes an empty view of a room. */
  watch(room: string): number;
  /** Feeds all views of a room; answers those that have missed something. */
  watchEvent(channel: string, message: string): number[];
  /** Feeds a page of a snapshot: 1; 0 where it is too old, −1 for a foreign answer. */
  watchPage(watch: number, reply: readonly string[]): number;
  /** The snapshot is complete. */
  watchStart(watch: number): void;
  /** A new snapshot follows. */
  watchRestart(watch: number): void;
  /** `{"joined":[…],"updated":[…],"left":[…]}`, or `""`. */
  changes(watch: number): string;
  unwatch(watch: number): void;
}
