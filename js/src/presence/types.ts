import type { Duration, Redis, StoreOptions } from "../types.js";

/** Somebody who is in a room: a connection. */
export interface Member<T> {
  /** Unique in its room. */
  id: string;
  /** Whose connection it is; a user may have several. */
  user?: string;
  /** What the member says of itself. */
  data: T;
}

/** What a member is made from. */
export interface NewMember<T> {
  /** Unique in its room, 1 to 512 bytes; made up when absent. A known id takes over: nobody is told of a leave. */
  id?: string;
  /** Whose connection it is, 1 to 512 bytes; its first one in a room is a `user-join`, its last a `user-leave`. */
  user?: string;
  /** Anything that JSON can say, 4 KB of it unless `maxData` says otherwise; `null` when absent. */
  data?: T;
}

/** A place in a room, held by whoever joined: an older one cannot end a newer one of the same id. */
export interface Membership<T> {
  /** The member's id. */
  readonly id: string;
  /** Says something else of the member: an `update`. Rejects with `CLOSED` once the place is lost. */
  update(data: T): Promise<void>;
  /** Leaves; with a `grace`, others are told when that is over. Does nothing where the place is lost already. */
  leave(): Promise<void>;
}

/** How presence is kept. */
export interface PresenceOptions extends Pick<StoreOptions, "name" | "prefix" | "storeTimeout"> {
  /**
   * Where presence is that of many processes: a Redis URL, a client of ioredis or node-redis (a second connection is
   * opened beside it), or two of them, one for commands and one that subscribes. Undefined for this process alone.
   */
  redis?: Redis | readonly [commands: Redis, subscriber: Redis] | undefined;
  /**
   * How long a member stays whose process has died; 30 s when absent. In one process, where everybody dies at once,
   * nobody expires.
   */
  ttl?: Duration;
  /** How often a process vouches for its members; 10 s when absent. It must be shorter than `ttl`. */
  heartbeat?: Duration;
  /** How long somebody who left may take to come back unnoticed, listed until then; 0 when absent. */
  grace?: Duration;
  /** Bytes of a member's data as JSON, up to 65,536; 4,096 when absent. */
  maxData?: number;
}

/** What happened to a member. */
export interface PresenceEvent<T> {
  room: string;
  member: Member<T>;
  /** Why it is gone: it left, or its process has not vouched for it. */
  reason?: "left" | "expired";
}

/** Events of all rooms. Each is told once. */
export interface PresenceEvents<T> {
  join: PresenceEvent<T>;
  /** The member's data is another one. It never left. */
  update: PresenceEvent<T>;
  leave: PresenceEvent<T>;
  /** The first connection of a user in a room. */
  "user-join": PresenceEvent<T>;
  /** The last connection of a user in a room is gone. */
  "user-leave": PresenceEvent<T>;
  /** What a listener threw; over Redis also the first failure since its last answer, and messages that were dropped. */
  error: unknown;
}

/** What a watch tells: everybody, and from then on what has changed. */
export type PresenceChange<T> =
  | { snapshot: Member<T>[] }
  | { joined: Member<T>[]; updated: Member<T>[]; left: Member<T>[] };

/** Who is where. */
export interface Presence<T = unknown> {
  /**
   * Becomes a member of a room. Over Redis it resolves within twice `storeTimeout` also where Redis is away: then a later
   * heartbeat registers the member.
   */
  join(room: string, member: NewMember<T>): Promise<Membership<T>>;
  /**
   * Members: at most `limit` of them (1,000 when absent), after `cursor`. In the memory of one process they come in the
   * order of their ids. Over Redis in none, and about `limit` of them: a small room comes whole. Rejects with `STORE_…`.
   */
  members(room: string, page?: { cursor?: string; limit?: number }): Promise<{ members: Member<T>[]; cursor?: string }>;
  /** How many connections and users there are, without reading them. Over Redis it rejects with `STORE_…`. */
  count(room: string): Promise<{ members: number; users: number }>;
  /** Whether there is such a member. Over Redis it rejects with `STORE_…`. */
  has(room: string, id: string): Promise<boolean>;
  /** Follows a room. What happens while nobody asks is summed up: who came and went meanwhile is not told. */
  watch(room: string): AsyncIterable<PresenceChange<T>>;
  /** Listens; returns what ends it. */
  on<E extends keyof PresenceEvents<T>>(event: E, listener: (event: PresenceEvents<T>[E]) => void): () => void;
  /** Ends all watches, and over Redis leaves with all members of this process; later calls reject with `CLOSED`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
