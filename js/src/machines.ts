import { machines as chosen } from "#machines";
import type { EnginePolicy } from "./engine.js";
import type { EnginePresence } from "./engine-presence.js";
import { type EngineScript, readScripts } from "./engine-store.js";

export type { EngineCall, EnginePresence } from "./engine-presence.js";

/** What a pacer is made from; what is absent takes the core's default. */
export interface EnginePacerConfig {
  policies: EnginePolicy[];
  concurrency?: number;
  maxQueue?: number;
}

/**
 * Says when calls that go out may go. All numbers are in the scratch array; `pacer/cells.ts` has the layout. Each call
 * leaves there when to drain next, and how many events there are.
 */
export interface EnginePacer {
  readonly names: readonly string[];
  submit(): void;
  finish(): void;
  settle(): void;
  cancel(): void;
  clear(): void;
  pause(): void;
  resume(): void;
  setShare(): void;
  /** Replaces the limits and the concurrency; 0 for what stays. */
  setLimits(): void;
  /** Takes back a ticket that waits and costs more than a limit. */
  cancelUnfit(): void;
  learn(): void;
  /** Everything that was handed out has begun. */
  begun(): void;
  /** Lets time pass, and hands out events. */
  drain(): void;
  state(): void;
}

/** How presence is kept; what is absent takes the core's default. */
export interface EnginePresenceConfig {
  ttlMicros?: number;
  heartbeatMicros?: number;
  graceMicros?: number;
  /** Bytes of a member's data. */
  maxData?: number;
}

/**
 * Presence in this process. Texts are well-formed (no lone surrogates), sessions whole numbers that are never used
 * twice, answers with members in them JSON. After each call, `drain` hands out what has happened.
 */
export interface EngineRoster {
  join(room: string, id: string, session: number, user: string | undefined, data: string, now: number): void;
  /** False where the session holds no such member. */
  update(room: string, id: string, session: number, data: string, now: number): boolean;
  leave(room: string, id: string, session: number, now: number): boolean;
  /** `{"members":[…],"cursor":"…"}` after `cursor`, `""` for the first page. */
  members(room: string, cursor: string, limit: number, now: number): string;
  /** Members and users, separated by a space. */
  count(room: string, now: number): string;
  has(room: string, id: string, now: number): boolean;
  /** Starts a watch; its first changes are everybody who is there. */
  watch(room: string, now: number): number;
  /** `{"joined":[…],"updated":[…],"left":[…]}`, or `""` where nothing has changed. */
  changes(watch: number): string;
  unwatch(watch: number): void;
  /** `{"next":…,"events":[…]}`: `next` is when to call again, −1 for never; `""` for neither. */
  drain(now: number): string;
}

/** What a member of a shared quota is made from; the numbers are whole. */
export interface EnginePeersConfig {
  /** The limit of each policy, all members together. */
  limits: number[];
  /** The longest of their windows. */
  intervalMicros: number;
  /** How many may be in flight, all members together. */
  concurrency?: number;
  split: "even" | "floor" | "bound";
  /** Of `"bound"`: at least one member has a share of so many. */
  least: number;
  fastStart: boolean;
  strictStart: boolean;
  heartbeatMicros: number;
}

/**
 * A member of a shared quota. Every call brings the monotonic clock and the time of day, in microseconds. After each,
 * `drain` hands out what has come of it.
 */
export interface EnginePeers {
  /** The host begins to subscribe: a fast start counts from here. */
  begin(now: number, wall: number): void;
  /** Both channels are subscribed, for the first time or again. */
  subscribed(now: number, wall: number): void;
  /** A publication on the main channel reached so many. */
  published(receivers: number, now: number, wall: number): void;
  /** A message has come, on the main channel or on the other one. */
  message(isMain: boolean, message: string, now: number, wall: number): void;
  /** Joins anew under another id. */
  rename(unique: string, now: number, wall: number): void;
  /** Leaves: the share is 0 from now on. */
  close(): void;
  /** Whether the share that `drain` told last may still be used: to be asked at each use. */
  stands(now: number, wall: number): boolean;
  /** How long to wait without a share before `rename`, in microseconds; −1 where that is no way out. */
  patience(random: number): number;
  /** How things stand, as JSON: a {@link PeersNews}. */
  drain(now: number, wall: number): string;
}

/** What {@link EnginePeers.drain} tells. */
export interface PeersNews {
  /** When to drain next, in microseconds; −1 for never. */
  next: number;
  id: string;
  /** Whether the share is in force, whatever it is. */
  ready: boolean;
  /** What this member may use of each policy. */
  shares: number[];
  /** How many it may have in flight; 2^53 − 1 where the quota names none. */
  concurrency: number;
  /** Members, this one included. */
  members: number;
  /** Those among them that are not ours: p-ratelimit. */
  strangers: number;
  /** Messages that were none of the group's. */
  ignored: number;
  /** What is to be published; whether on the main channel. */
  send: [isMain: boolean, message: string][];
  events: { fenced?: boolean; ours?: string; theirs?: string }[];
}

/** What a binding offers of the machines. Times are whole microseconds; errors have a `code`. */
export interface Machines {
  createPacer(config: EnginePacerConfig, scratch: Float64Array): EnginePacer;
  createRoster(config: EnginePresenceConfig): EngineRoster;
  /** Presence over Redis; its rooms are spread over so many partitions, in a Cluster a slot each. */
  createPresence(config: EnginePresenceConfig, name: string, prefix: string, partitions: number): EnginePresence;
  /** Name, digest and text of each script of presence, joined by NULs. */
  presenceScripts(): string;
  /** `unique` tells a member from all others, and sorts before what was drawn earlier. */
  createPeers(config: EnginePeersConfig, unique: string): EnginePeers;
  /** The window in which a member counts its starts: longer by what its clock may be fast. */
  guardedInterval(micros: number): number;
  /**
   * What header fields, one `name: value` a line, tell about limits: the microseconds of `Retry-After`, then a line for
   * each limit with name, quota, remaining and microseconds until it resets, separated by tabs.
   */
  told(fields: string, wallSecs: number): string;
}

/** The machines of this environment; `package.json` says which file of `engines/machines/` chooses them. */
export const machines: Machines = chosen;

let scripts: readonly EngineScript[] | undefined;

/** What runs in Redis for presence; a call names its script by its place here. */
export function presenceScripts(): readonly EngineScript[] {
  scripts ??= readScripts(machines.presenceScripts());
  return scripts;
}
