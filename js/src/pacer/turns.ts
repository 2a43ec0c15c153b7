import { nowMicros } from "../clock.js";
import { type EnginePacer, machines } from "../machines.js";
import { writeActual, writeAmount, writeUsual } from "../request.js";
import { COSTS, LIMITS, LISTS, NOW, READ_LIMITS, scratch } from "../scratch.js";
import type { Amount } from "../types.js";
import { engineErrors } from "../validate.js";
import {
  DEADLINE,
  EVENTS,
  HAS_STARTED,
  IS_TOO_LARGE,
  IS_WAITING,
  LANE,
  LIST,
  MOST_EVENTS,
  NEXT,
  OUTCOME,
  PAUSED_UNTIL,
  PRIORITY,
  RUNNING,
  SUBJECT,
  TICKET,
  WAITING,
} from "./cells.js";
import { queueFull, tooLarge } from "./errors.js";
import { Lanes } from "./lanes.js";
import type { PacerSettings } from "./options.js";
import type { PaceOptions, PacerStats } from "./types.js";
import { WakeUp } from "./wake-up.js";

/** What processes share, and this one's part of it. */
export interface ShareSource {
  readonly shares: readonly number[];
  readonly concurrency: number;
  readonly members: number;
  /** Sets the share of the queues anew where it has ended. */
  check(): void;
}

/** A process whose calls wait for a share is held by a timer that rings so often, in microseconds. */
const HOLD_MICROS = 60_000_000;

/**
 * Tickets: who may go now, and when to ask again. What is asked of the engine stands in the scratch array, and so does
 * its answer, until the next call.
 */
export class Turns {
  readonly #engine: EnginePacer;
  readonly #settings: PacerSettings;
  readonly #share: ShareSource | undefined;
  readonly #onEnd: (ticket: number, hasStarted: boolean) => boolean;
  readonly #onDrained: () => void;
  readonly #lanes = new Lanes();
  readonly #wakeUp = new WakeUp(() => this.drain());
  /** Tickets that may go, whose calls have not begun. */
  #toBegin = 0;
  #waiting = 0;

  /** `onEnd` is told of each ticket that waits no longer, and says whether a call begins; `onDrained` when none waits. */
  constructor(
    settings: PacerSettings,
    share: ShareSource | undefined,
    onEnd: (ticket: number, hasStarted: boolean) => boolean,
    onDrained: () => void,
  ) {
    this.#settings = settings;
    this.#share = share;
    this.#onEnd = onEnd;
    this.#onDrained = onDrained;
    this.#engine = engineErrors(() => machines.createPacer(settings.engine, scratch));
  }

  /** Tickets that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  get names(): readonly string[] {
    return this.#engine.names;
  }

  /** Holds to the present share, where there is one. */
  check(): void {
    this.#share?.check();
  }

  /**
   * Asks for a ticket, until `maxDelay` microseconds from now: says whether it waits, else it has started. Its number is
   * in the scratch array. What has come of it is for {@link Turns.follow}.
   *
   * @throws TollgateError where the ticket can never start, or there are too many.
   */
  submit(options: PaceOptions | undefined, maxDelay: number | undefined): boolean {
    this.check();
    if (options?.cost === undefined) writeUsual();
    else writeAmount(options.cost, this.names);
    const now = nowMicros();
    scratch[NOW] = now;
    scratch[PRIORITY] = options?.priority ?? 0;
    scratch[LANE] = this.#lanes.enter(options?.lane);
    scratch[DEADLINE] = maxDelay === undefined ? -1 : now + maxDelay;
    this.#engine.submit();
    const outcome = scratch[OUTCOME] as number;
    if (outcome !== IS_WAITING) this.#lanes.leave(options?.lane);
    if (outcome > HAS_STARTED) throw this.#rejection(outcome);
    if (outcome === HAS_STARTED) this.#toBegin++;
    return outcome === IS_WAITING;
  }

  /** A ticket if it may start now; undefined, and none waits, where it may not. */
  submitNow(cost: Amount): number | undefined {
    const waits = this.submit({ cost }, undefined);
    const ticket = scratch[TICKET] as number;
    if (waits) this.cancel(ticket);
    this.follow();
    return waits ? undefined : ticket;
  }

  /** One that waited in a lane does so no longer. */
  leave(options: PaceOptions | undefined): void {
    this.#lanes.leave(options?.lane);
  }

  /** A call has ended. */
  finish(ticket: number): void {
    this.check();
    scratch[LISTS] = 0;
    this.#about(ticket);
    this.#engine.finish();
    this.follow();
  }

  /** Corrects what a call has taken, from what it was `charged` of each policy. */
  settle(ticket: number, actual: Amount, charged: (policy: number) => number): readonly number[] {
    this.check();
    writeActual(actual, this.names, charged);
    const costs = this.names.map((_, i) => (typeof actual === "object" ? (scratch[COSTS + i] as number) : actual));
    this.#about(ticket);
    this.#engine.settle();
    this.follow();
    return costs;
  }

  /** The other side has `left` of a policy for all that it has not seen, for a time. */
  learn(ticket: number, policy: number, left: number, spanMicros: number): void {
    this.check();
    scratch[PRIORITY] = policy;
    scratch[LANE] = left;
    scratch[DEADLINE] = spanMicros;
    scratch[LISTS] = 0;
    this.#about(ticket);
    this.#engine.learn();
    this.follow();
  }

  /** Starts nothing for a time; longer pauses stay. */
  pause(spanMicros: number): void {
    scratch[LISTS] = 0;
    this.#about(spanMicros);
    this.#engine.pause();
    this.follow();
  }

  resume(): void {
    this.check();
    scratch[LISTS] = 0;
    this.#about(0);
    this.#engine.resume();
    this.follow();
  }

  /** Sets what may be used of each limit, and of the concurrency, from now on. */
  setShare(shares: readonly number[], concurrency: number): void {
    for (let i = 0; i < this.names.length; i++) scratch[LIMITS + i] = shares[i] ?? 0;
    scratch[LISTS] = READ_LIMITS;
    this.#about(concurrency);
    this.#engine.setShare();
    this.follow();
  }

  /** Holds to the limits of the settings from now on. */
  adoptLimits(): void {
    const { policies, concurrency = 0 } = this.#settings.engine;
    for (const [i, { limit }] of policies.entries()) scratch[LIMITS + i] = limit;
    scratch[LISTS] = READ_LIMITS;
    this.#about(concurrency);
    this.#engine.setLimits();
    this.follow();
  }

  /** Takes a ticket back that costs more than a limit, and says why; undefined where it fits. */
  cancelUnfit(ticket: number): Error | undefined {
    scratch[LISTS] = 0;
    this.#about(ticket);
    this.#engine.cancelUnfit();
    if (scratch[OUTCOME] === 1) return this.#rejection(IS_TOO_LARGE);
    this.follow();
    return undefined;
  }

  /** Begins to take tickets back, all at the same time. */
  beginCancelling(): void {
    this.check();
    scratch[LISTS] = 0;
    scratch[NOW] = nowMicros();
  }

  /** Takes a ticket back that waits. */
  cancel(ticket: number): boolean {
    scratch[SUBJECT] = ticket;
    this.#engine.cancel();
    return scratch[OUTCOME] === 1;
  }

  /** Takes all tickets back that wait. What has started before is told first. */
  clear(): void {
    this.drain();
    this.#engine.clear();
  }

  stats(): PacerStats {
    this.check();
    scratch[LISTS] = READ_LIMITS;
    this.#about(0);
    this.#engine.state();
    this.follow();
    const paused = scratch[PAUSED_UNTIL] as number;
    const isCounted = this.names.length > 0;
    return {
      waiting: scratch[WAITING] as number,
      running: scratch[RUNNING] as number,
      share: isCounted ? (scratch[LIMITS] as number) : Number.POSITIVE_INFINITY,
      quota: this.#settings.engine.policies[0]?.limit ?? Number.POSITIVE_INFINITY,
      peers: this.#share?.members ?? 1,
      startedInWindow: isCounted ? (scratch[COSTS] as number) : 0,
      pausedMs: paused < 0 ? 0 : pauseMillis(paused, scratch[NOW] as number),
    };
  }

  /** Whether it is as if new: nothing is paused or counts. */
  isUnused(): boolean {
    const { pausedMs } = this.stats();
    return pausedMs === 0 && this.names.every((_, i) => scratch[COSTS + i] === 0);
  }

  /**
   * A call has begun, or will not. When all have, the engine is told, so that the limit holds for the calls and not for
   * our decisions.
   */
  hasBegun(): void {
    if (--this.#toBegin > 0 || this.names.length === 0) return;
    scratch[LISTS] = 0;
    this.#about(0);
    this.#engine.begun();
    this.follow();
  }

  /** Does what a call of the engine has left to do. */
  follow(): void {
    if (scratch[EVENTS] !== 0) this.drain();
    else this.#wake();
  }

  /** Takes all events. What they start runs after this, so no call of the engine comes in between. */
  drain(): void {
    this.check();
    let count: number;
    do {
      scratch[NOW] = nowMicros();
      this.#engine.drain();
      count = scratch[EVENTS] as number;
      for (let i = 0; i < count; i++) this.#happened(scratch[LIST + i] as number);
    } while (count === MOST_EVENTS);
    this.#wake();
    if (scratch[WAITING] === 0) this.#onDrained();
  }

  #happened(event: number): void {
    if (this.#onEnd(event < 0 ? -1 - event : event, event >= 0)) this.#toBegin++;
  }

  #rejection(outcome: number): Error {
    const [policy, cost, limit] = scratch.subarray(LIST, LIST + 3) as unknown as [number, number, number];
    const isTooLarge = outcome === IS_TOO_LARGE;
    const error = isTooLarge
      ? tooLarge(this.names[policy] ?? "", cost, limit)
      : queueFull(this.#settings.engine.maxQueue ?? 2 ** 31);
    this.follow();
    return error;
  }

  /** Writes the time and what a call of the engine is about. */
  #about(subject: number): void {
    scratch[NOW] = nowMicros();
    scratch[SUBJECT] = subject;
  }

  /** Sets the timer. Where calls wait for a share, whose messages hold nobody, it holds the process. */
  #wake(): void {
    const [next, now] = [scratch[NEXT] as number, scratch[NOW] as number];
    this.#waiting = scratch[WAITING] as number;
    const holds = this.#share !== undefined && next < 0 && this.#waiting > 0 && (scratch[PAUSED_UNTIL] as number) < 0;
    this.#wakeUp.set(holds ? (Math.floor(now / HOLD_MICROS) + 2) * HOLD_MICROS : next);
  }
}

/** Milliseconds until a pause ends. */
function pauseMillis(until: number, now: number): number {
  return until >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Math.max(0, until - now) / 1000;
}
