import { nowMicros } from "../clock.js";
import type { Listeners } from "../events.js";
import { type EnginePacer, machines } from "../machines.js";
import { writeActual, writeAmount, writeUsual } from "../request.js";
import { COSTS, LIMITS, LISTS, NOW, READ_LIMITS, scratch } from "../scratch.js";
import type { Amount } from "../types.js";
import { engineErrors, micros } from "../validate.js";
import { waitFor } from "../wait.js";
import { Call } from "./call.js";
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
import { cleared, closed, queueFull, RateLimitTimeoutError, tooLarge } from "./errors.js";
import { Lanes } from "./lanes.js";
import { checkFunction, checkPaceOptions, type PacerSettings } from "./options.js";
import type { Job, PaceOptions, PacerEvents, PacerStats } from "./types.js";
import { Waiting } from "./waiting.js";
import { WakeUp } from "./wake-up.js";

/** What decides whether a call that failed goes again. */
export interface Failures {
  /** Milliseconds after which the call goes again; undefined where it does not. May pause the queue. */
  onError(queue: CallQueue, call: Call, error: unknown): number | undefined;
  onSuccess(): void;
}

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

/** Calls that wait and run under one budget. The engine says which of them may go, and when. */
export class CallQueue {
  readonly #engine: EnginePacer;
  readonly #settings: PacerSettings;
  readonly #listeners: Listeners<PacerEvents>;
  readonly #failures: Failures;
  readonly #waiting = new Waiting((calls, reason) => this.#abort(calls, reason));
  readonly #lanes = new Lanes();
  readonly #go = (call: Call) => this.#make(call);
  readonly #wakeUp = new WakeUp(() => this.#drain());
  readonly #closing = new AbortController();
  #isClosed = false;
  /** Calls whose promises have not settled. */
  #pending = 0;
  #idle: (() => void)[] = [];
  /** Calls that may go and whose functions have not been called. */
  #toBegin = 0;
  #share: ShareSource | undefined;
  #waitingCount = 0;

  constructor(settings: PacerSettings, listeners: Listeners<PacerEvents>, failures: Failures, share?: ShareSource) {
    this.#settings = settings;
    this.#listeners = listeners;
    this.#failures = failures;
    this.#engine = engineErrors(() => machines.createPacer(settings.engine, scratch));
    this.#share = share;
    if (share !== undefined) this.setShare(share.shares, share.concurrency);
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#waitingCount;
  }

  get names(): readonly string[] {
    return this.#engine.names;
  }

  /** The limit of each policy. */
  get quotas(): readonly number[] {
    return this.#settings.engine.policies.map(({ limit }) => limit);
  }

  get concurrency(): number | undefined {
    return this.#settings.engine.concurrency;
  }

  /** Aborted when the calls that run are to end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Calls `fn` when its turn comes. What is wrong with the options rejects. */
  pace<T>(fn: (job: Job) => T | PromiseLike<T>, options?: PaceOptions): Promise<T> {
    try {
      if (this.#isClosed) throw closed();
      checkFunction("fn", fn);
      if (options !== undefined) checkPaceOptions(options);
      const call = new Call(this, fn, options);
      const gate = this.#submit(call);
      this.#pending++;
      // A call that waits is no more than a promise and its reaction, which keeps the caller's asynchronous context.
      return (gate === undefined ? Promise.resolve(this.#make(call)) : gate.then(this.#go)) as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Takes a place for a call that somebody else makes, if it may go now; its ticket is for {@link CallQueue.end}. */
  start(cost: Amount): number | undefined {
    this.#share?.check();
    writeAmount(cost, this.names);
    scratch[NOW] = nowMicros();
    scratch[PRIORITY] = 0;
    scratch[LANE] = 0;
    scratch[DEADLINE] = -1;
    this.#engine.submit();
    const outcome = scratch[OUTCOME] as number;
    if (outcome > HAS_STARTED) throw this.#rejection(outcome);
    const ticket = scratch[TICKET] as number;
    if (outcome === IS_WAITING) this.#cancel(ticket);
    this.#follow();
    if (outcome === IS_WAITING) return undefined;
    this.#toBegin++;
    this.#hasBegun();
    return ticket;
  }

  /** Gives back the place of {@link CallQueue.start}. */
  end(ticket: number): void {
    this.#finish(ticket);
  }

  /** Corrects what a call has taken, of the policies that are named; nothing where it has ended. */
  settle(call: Call, actual: Amount): void {
    this.#share?.check();
    writeActual(actual, this.names, (policy) => this.#charged(call, policy));
    call.charged = this.names.map((_, i) => (typeof actual === "object" ? (scratch[COSTS + i] as number) : actual));
    this.#about(call.ticket);
    this.#engine.settle();
    this.#follow();
  }

  /** The other side has `left` of a policy for all that it has not seen, for a time. */
  learn(call: Call, policy: number, left: number, spanMicros: number): void {
    this.#share?.check();
    scratch[PRIORITY] = policy;
    scratch[LANE] = left;
    scratch[DEADLINE] = spanMicros;
    scratch[LISTS] = 0;
    this.#about(call.ticket);
    this.#engine.learn();
    this.#follow();
  }

  /** Starts nothing for a time; longer pauses stay. */
  pause(spanMicros: number, from: string): void {
    scratch[LISTS] = 0;
    this.#about(spanMicros);
    this.#engine.pause();
    this.#follow();
    const ms = spanMicros >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : spanMicros / 1000;
    this.#listeners.emit("paused", { ms, from });
  }

  resume(): void {
    this.#share?.check();
    scratch[LISTS] = 0;
    this.#about(0);
    this.#engine.resume();
    this.#follow();
  }

  /** Sets what may be used of each limit, and of the concurrency, from now on. */
  setShare(shares: readonly number[], concurrency: number): void {
    for (let i = 0; i < this.names.length; i++) scratch[LIMITS + i] = shares[i] ?? 0;
    scratch[LISTS] = READ_LIMITS;
    this.#about(concurrency);
    this.#engine.setShare();
    this.#follow();
  }

  /** Holds to the limits of the settings from now on. Calls that wait and no longer fit reject. */
  adoptLimits(): void {
    const { policies, concurrency = 0 } = this.#settings.engine;
    for (const [i, { limit }] of policies.entries()) scratch[LIMITS + i] = limit;
    scratch[LISTS] = READ_LIMITS;
    this.#about(concurrency);
    this.#engine.setLimits();
    this.#follow();
    // A call that brings no cost of its own fits any limit.
    this.#waiting.each((call) => call.options?.cost !== undefined && this.#rejectUnfit(call));
  }

  /** Rejects all calls that wait. */
  clear(reason: unknown = cleared()): void {
    this.#drain();
    this.#engine.clear();
    const failure = failed(reason);
    this.#waiting.endEach((call) => this.#reject(call, failure));
    this.#follow();
  }

  onIdle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  stats(): PacerStats {
    this.#share?.check();
    scratch[LISTS] = READ_LIMITS;
    this.#about(0);
    this.#engine.state();
    this.#follow();
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

  /** Whether it is as if new: nothing waits, runs or counts. */
  isUnused(): boolean {
    if (this.#pending > 0) return false;
    const { pausedMs } = this.stats();
    return pausedMs === 0 && this.names.every((_, i) => scratch[COSTS + i] === 0);
  }

  /** Takes no more calls; those on their way go on. */
  refuseFurther(): void {
    this.#isClosed = true;
  }

  /** Ends what waits, and asks what runs to end. */
  endAll(): void {
    this.#isClosed = true;
    this.clear(closed());
    this.#closing.abort(closed());
  }

  /** Makes a call whose turn has come. No async function: that would be one more promise for each call. */
  #make(call: Call): unknown {
    let result: unknown;
    this.#check(call);
    try {
      result = this.#begin(call);
      if (mayBeThenable(result)) result = Promise.resolve(result);
    } catch (error) {
      return this.#hasFailed(call, error);
    }
    if (!(result instanceof Promise)) return this.#hasSucceeded(call, result);
    return result.then(
      (value) => this.#hasSucceeded(call, value),
      (error) => this.#hasFailed(call, error),
    );
  }

  #hasSucceeded(call: Call, value: unknown): unknown {
    this.#failures.onSuccess();
    this.#finish(call.ticket);
    this.#hasSettled();
    return value;
  }

  /** Throws the error of the call, unless it goes again. */
  #hasFailed(call: Call, error: unknown): Promise<unknown> {
    let failure = error;
    let delay: number | undefined;
    try {
      delay = this.#failures.onError(this, call, error);
    } catch (other) {
      failure = other;
    }
    this.#finish(call.ticket);
    if (delay !== undefined) return this.#again(call, delay);
    this.#hasSettled();
    throw failure;
  }

  async #again(call: Call, delayMs: number): Promise<unknown> {
    let gate: Promise<Call> | undefined;
    try {
      await this.#before(call, delayMs);
      gate = this.#submit(call);
    } catch (error) {
      this.#hasSettled();
      throw error;
    }
    return gate === undefined ? this.#make(call) : gate.then(this.#go);
  }

  #begin(call: Call): unknown {
    try {
      return call.fn(call);
    } finally {
      this.#hasBegun();
    }
  }

  /** Turns a call back whose signal was aborted between its turn and its start. */
  #check(call: Call): void {
    const signal = call.options?.signal;
    if (!signal?.aborted) return;
    this.#hasBegun();
    this.settle(call, 0);
    this.#finish(call.ticket);
    this.#hasSettled();
    throw signal.reason;
  }

  /** What a call has been charged of a policy. */
  #charged({ charged, options }: Call, policy: number): number {
    const cost = options?.cost ?? 1;
    return charged?.[policy] ?? (typeof cost === "number" ? cost : (cost[this.names[policy] as string] ?? 0));
  }

  /** When a call that is submitted now expires; −1 for never. */
  #deadline(options: PaceOptions | undefined, now: number): number {
    const given = options?.maxDelay;
    const longest = given === undefined ? this.#settings.maxDelayMicros : micros("CONFIG_MAX_DELAY", "maxDelay", given);
    return longest === undefined ? -1 : now + longest;
  }

  /** Waits until a call may be submitted again. */
  async #before(call: Call, delayMs: number): Promise<void> {
    this.#listeners.emit("retry", { attempt: call.attempt + 1, afterMs: delayMs });
    const until = nowMicros() + delayMs * 1000;
    for (let left = delayMs * 1000; left > 0; left = until - nowMicros()) {
      await waitFor(left / 1000, this.closing, call.options?.signal);
    }
    this.closing.throwIfAborted();
    call.attempt++;
  }

  /** Asks for a ticket. What is returned resolves when the call may go; undefined where it may at once. */
  #submit(call: Call): Promise<Call> | undefined {
    const { options } = call;
    options?.signal?.throwIfAborted();
    this.#share?.check();
    const now = nowMicros();
    const deadline = this.#deadline(options, now);
    if (options?.cost === undefined) writeUsual();
    else writeAmount(options.cost, this.names);
    scratch[NOW] = now;
    scratch[PRIORITY] = options?.priority ?? 0;
    scratch[LANE] = this.#lanes.enter(options?.lane);
    scratch[DEADLINE] = deadline;
    this.#engine.submit();
    const outcome = scratch[OUTCOME] as number;
    if (outcome !== IS_WAITING) this.#lanes.leave(options?.lane);
    if (outcome > HAS_STARTED) throw this.#rejection(outcome);
    call.ticket = scratch[TICKET] as number;
    call.charged = undefined;
    if (outcome === HAS_STARTED) this.#toBegin++;
    const gate = outcome === HAS_STARTED ? undefined : this.#waiting.add(call);
    this.#follow();
    return gate;
  }

  #rejection(outcome: number): Error {
    const [policy, cost, limit] = scratch.subarray(LIST, LIST + 3) as unknown as [number, number, number];
    const isTooLarge = outcome === IS_TOO_LARGE;
    const error = isTooLarge
      ? tooLarge(this.names[policy] ?? "", cost, limit)
      : queueFull(this.#settings.engine.maxQueue ?? 2 ** 31);
    this.#follow();
    return error;
  }

  #rejectUnfit(call: Call): void {
    scratch[LISTS] = 0;
    this.#about(call.ticket);
    this.#engine.cancelUnfit();
    if (scratch[OUTCOME] === 1) this.#reject(call, failed(this.#rejection(IS_TOO_LARGE)));
    else this.#follow();
  }

  #leave(call: Call, outcome?: Promise<never>): void {
    this.#lanes.leave(call.options?.lane);
    this.#waiting.leave(call, outcome);
  }

  /** A call that waits fails. Nothing is thrown for it, which for a long queue would take most of the time. */
  #reject(call: Call, failure: Promise<never>): void {
    this.#leave(call, failure);
    this.#hasSettled();
  }

  #finish(ticket: number): void {
    this.#share?.check();
    scratch[LISTS] = 0;
    this.#about(ticket);
    this.#engine.finish();
    this.#follow();
  }

  #abort(given: Iterable<Call>, reason: unknown): void {
    this.#share?.check();
    const calls = [...given];
    const cancelled: Call[] = [];
    scratch[LISTS] = 0;
    scratch[NOW] = nowMicros();
    // Backwards, so that the engine need not look each time whether the next one may go instead. A call that was about
    // to go is stopped before its function is called.
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
      if (this.#cancel(call.ticket)) cancelled.push(call);
    }
    const failure = failed(reason);
    for (const call of cancelled.reverse()) this.#reject(call, failure);
    this.#drain();
  }

  /** Takes a ticket back that waits. */
  #cancel(ticket: number): boolean {
    scratch[SUBJECT] = ticket;
    this.#engine.cancel();
    return scratch[OUTCOME] === 1;
  }

  /** Writes the time and what a call of the engine is about. */
  #about(subject: number): void {
    scratch[NOW] = nowMicros();
    scratch[SUBJECT] = subject;
  }

  /** Does what a call of the engine has left to do. */
  #follow(): void {
    if (scratch[EVENTS] !== 0) this.#drain();
    else this.#wake();
  }

  /** Takes all events. What they start runs after this, so no call of the engine comes in between. */
  #drain(): void {
    this.#share?.check();
    let count: number;
    do {
      scratch[NOW] = nowMicros();
      this.#engine.drain();
      count = scratch[EVENTS] as number;
      for (let i = 0; i < count; i++) this.#happened(scratch[LIST + i] as number);
    } while (count === MOST_EVENTS);
    this.#wake();
    if (scratch[WAITING] === 0) this.#waiting.shrink();
  }

  /** Sets the timer. Where calls wait for a share, whose messages hold nobody, it holds the process. */
  #wake(): void {
    const [next, now] = [scratch[NEXT] as number, scratch[NOW] as number];
    this.#waitingCount = scratch[WAITING] as number;
    const holds =
      this.#share !== undefined && next < 0 && this.#waitingCount > 0 && (scratch[PAUSED_UNTIL] as number) < 0;
    this.#wakeUp.set(holds ? (Math.floor(now / HOLD_MICROS) + 2) * HOLD_MICROS : next);
  }

  #happened(event: number): void {
    const ticket = event < 0 ? -1 - event : event;
    const call = this.#waiting.of(ticket);
    if (call === undefined) return;
    if (event < 0) {
      this.#reject(call, failed(new RateLimitTimeoutError()));
      return;
    }
    this.#toBegin++;
    this.#leave(call);
  }

  /**
   * A call has begun, or will not. When all have, the engine is told, so that the limit holds for the calls and not for
   * our decisions.
   */
  #hasBegun(): void {
    if (--this.#toBegin > 0 || this.names.length === 0) return;
    scratch[LISTS] = 0;
    this.#about(0);
    this.#engine.begun();
    this.#follow();
  }

  /** The promise of a call settles now. */
  #hasSettled(): void {
    if (--this.#pending > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}

/** A promise that has failed, for any number of calls to follow. */
function failed(reason: unknown): Promise<never> {
  const failure = Promise.reject(reason);
  failure.catch(() => {});
  return failure;
}

function mayBeThenable(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Milliseconds until a pause ends. */
function pauseMillis(until: number, now: number): number {
  return until >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Math.max(0, until - now) / 1000;
}
