import { machines as chosen } from "#machines";
import type { EnginePolicy } from "./engine.js";

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

/** What a binding offers of the machines. Times are whole microseconds; errors have a `code`. */
export interface Machines {
  createPacer(config: EnginePacerConfig, scratch: Float64Array): EnginePacer;
  createRoster(config: EnginePresenceConfig): EngineRoster;
  /**
   * What header fields, one `name: value` a line, tell about limits: the microseconds of `Retry-After`, then a line for
   * each limit with name, quota, remaining and microseconds until it resets, separated by tabs.
   */
  told(fields: string, wallSecs: number): string;
}

/** The machines of this environment; `package.json` says which file of `engines/machines/` chooses them. */
export const machines: Machines = chosen;
