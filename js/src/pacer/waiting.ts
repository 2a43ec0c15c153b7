import type { Call } from "./call.js";
import { Signals } from "./signals.js";

/** Slots for calls that are kept when none waits. */
const SPARE = 1_024;

/** What lets the newest call go. One function keeps it for all: a queue that is long would be full of others. */
let kept: Call["go"];
const keep = (resolve: NonNullable<Call["go"]>) => {
  kept = resolve;
};

/** The calls that wait for their turn. */
export class Waiting {
  /** By the low 32 bits of their tickets' numbers. */
  #calls: (Call | undefined)[] = [];
  readonly #signals: Signals<Call>;

  /** `onAbort` is given all calls of a signal that is aborted. */
  constructor(onAbort: (calls: Iterable<Call>, reason: unknown) => void) {
    this.#signals = new Signals(onAbort);
  }

  /** Lets a call wait. What is returned resolves when it no longer does. */
  add(call: Call): Promise<Call> {
    this.#calls[call.ticket >>> 0] = call;
    const signal = call.options?.signal;
    if (signal !== undefined) this.#signals.add(signal, call);
    const gate = new Promise<Call>(keep);
    call.go = kept;
    return gate;
  }

  /** The call of a ticket. */
  of(ticket: number): Call | undefined {
    return this.#calls[ticket >>> 0];
  }

  /** A call no longer waits, because it goes or has failed: what follows comes after the present turn. */
  leave(call: Call, outcome: Call | Promise<never> = call): void {
    const { go, options } = call;
    call.go = undefined;
    this.#calls[call.ticket >>> 0] = undefined;
    if (options?.signal !== undefined) this.#signals.delete(options.signal, call);
    go?.(outcome);
  }

  each(use: (call: Call) => void): void {
    for (const call of this.#calls) if (call !== undefined) use(call);
  }

  /** Calls `end` with each call. */
  endEach(end: (call: Call) => void): void {
    this.each(end);
    this.#calls = [];
  }

  /** Gives back the memory of a queue that was long. Nothing waits. */
  shrink(): void {
    if (this.#calls.length > SPARE) this.#calls = [];
  }
}
