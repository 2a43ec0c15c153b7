import { nowMicros } from "../clock.js";
import type { Listeners } from "../events.js";
import { scratch } from "../scratch.js";
import type { Amount } from "../types.js";
import { micros } from "../validate.js";
import { waitFor } from "../wait.js";
import { Call } from "./call.js";
import { TICKET } from "./cells.js";
import { cleared, closed, RateLimitTimeoutError } from "./errors.js";
import { checkFunction, checkPaceOptions, type PacerSettings } from "./options.js";
import { type ShareSource, Turns } from "./turns.js";
import type { Job, PaceOptions, PacerEvents, PacerStats } from "./types.js";
import { Waiting } from "./waiting.js";

/** What decides whether a call that failed goes again. */
export interface Failures {
  /** Milliseconds after which the call goes again; undefined where it does not. May pause the queue. */
  onError(queue: CallQueue, call: Call, error: unknown): number | undefined;
  onSuccess(): void;
}

/** Calls that wait and run under one budget: their promises. {@link Turns} says which of them may go, and when. */
export class CallQueue {
  readonly #settings: PacerSettings;
  readonly #listeners: Listeners<PacerEvents>;
  readonly #failures: Failures;
  readonly #turns: Turns;
  readonly #waiting = new Waiting((calls, reason) => this.#abort(calls, reason));
  readonly #go = (call: Call) => this.#make(call);
  readonly #closing = new AbortController();
  #isClosed = false;
  /** Calls whose promises have not settled. */
  #pending = 0;
  #idle: (() => void)[] = [];

  constructor(settings: PacerSettings, listeners: Listeners<PacerEvents>, failures: Failures, share?: ShareSource) {
    this.#settings = settings;
    this.#listeners = listeners;
    this.#failures = failures;
    this.#turns = new Turns(
      settings,
      share,
      (ticket, hasStarted) => this.#waitsNoLonger(ticket, hasStarted),
      () => this.#waiting.shrink(),
    );
    if (share !== undefined) this.setShare(share.shares, share.concurrency);
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  get names(): readonly string[] {
    return this.#turns.names;
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
    const ticket = this.#turns.submitNow(cost);
    if (ticket !== undefined) this.#turns.hasBegun();
    return ticket;
  }

  /** Gives back the place of {@link CallQueue.start}. */
  end(ticket: number): void {
    this.#turns.finish(ticket);
  }

  /** Corrects what a call has taken, of the policies that are named; nothing where it has ended. */
  settle(call: Call, actual: Amount): void {
    call.charged = this.#turns.settle(call.ticket, actual, (policy) => this.#charged(call, policy));
  }

  /** The other side has `left` of a policy for all that it has not seen, for a time. */
  learn(call: Call, policy: number, left: number, spanMicros: number): void {
    this.#turns.learn(call.ticket, policy, left, spanMicros);
  }

  /** Starts nothing for a time; longer pauses stay. */
  pause(spanMicros: number, from: string): void {
    this.#turns.pause(spanMicros);
    const ms = spanMicros >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : spanMicros / 1000;
    this.#listeners.emit("paused", { ms, from });
  }

  resume(): void {
    this.#turns.resume();
  }

  /** Sets what may be used of each limit, and of the concurrency, from now on. */
  setShare(shares: readonly number[], concurrency: number): void {
    this.#turns.setShare(shares, concurrency);
  }

  /** Holds to the limits of the settings from now on. Calls that wait and no longer fit reject. */
  adoptLimits(): void {
    this.#turns.adoptLimits();
    this.#waiting.each((call) => {
      // A call that brings no cost of its own fits any limit.
      const error = call.options?.cost === undefined ? undefined : this.#turns.cancelUnfit(call.ticket);
      if (error !== undefined) this.#reject(call, failed(error));
    });
  }

  /** Rejects all calls that wait. */
  clear(reason: unknown = cleared()): void {
    this.#turns.clear();
    const failure = failed(reason);
    this.#waiting.endEach((call) => this.#reject(call, failure));
    this.#turns.follow();
  }

  onIdle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  stats(): PacerStats {
    return this.#turns.stats();
  }

  /** Whether it is as if new: nothing waits, runs or counts. */
  isUnused(): boolean {
    return this.#pending === 0 && this.#turns.isUnused();
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
    this.#turns.finish(call.ticket);
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
    this.#turns.finish(call.ticket);
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
      this.#turns.hasBegun();
    }
  }

  /** Turns a call back whose signal was aborted between its turn and its start. */
  #check(call: Call): void {
    const signal = call.options?.signal;
    if (!signal?.aborted) return;
    this.#turns.hasBegun();
    this.settle(call, 0);
    this.#turns.finish(call.ticket);
    this.#hasSettled();
    throw signal.reason;
  }

  /** What a call has been charged of a policy. */
  #charged({ charged, options }: Call, policy: number): number {
    const cost = options?.cost ?? 1;
    return charged?.[policy] ?? (typeof cost === "number" ? cost : (cost[this.names[policy] as string] ?? 0));
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
    const given = options?.maxDelay;
    const longest = given === undefined ? this.#settings.maxDelayMicros : micros("CONFIG_MAX_DELAY", "maxDelay", given);
    const waits = this.#turns.submit(options, longest);
    call.ticket = scratch[TICKET] as number;
    call.charged = undefined;
    const gate = waits ? this.#waiting.add(call) : undefined;
    this.#turns.follow();
    return gate;
  }

  /** A call may go, or its time is over. Says whether it goes. */
  #waitsNoLonger(ticket: number, hasStarted: boolean): boolean {
    const call = this.#waiting.of(ticket);
    if (call === undefined) return false;
    if (hasStarted) this.#leave(call);
    else this.#reject(call, failed(new RateLimitTimeoutError()));
    return hasStarted;
  }

  #leave(call: Call, outcome?: Promise<never>): void {
    this.#turns.leave(call.options);
    this.#waiting.leave(call, outcome);
  }

  /** A call that waits fails. Nothing is thrown for it, which for a long queue would take most of the time. */
  #reject(call: Call, failure: Promise<never>): void {
    this.#leave(call, failure);
    this.#hasSettled();
  }

  #abort(given: Iterable<Call>, reason: unknown): void {
    const calls = [...given];
    const cancelled: Call[] = [];
    this.#turns.beginCancelling();
    // Backwards, so that the engine need not look each time whether the next one may go instead. A call that was about
    // to go is stopped before its function is called.
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
      if (this.#turns.cancel(call.ticket)) cancelled.push(call);
    }
    const failure = failed(reason);
    for (const call of cancelled.reverse()) this.#reject(call, failure);
    this.#turns.drain();
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
