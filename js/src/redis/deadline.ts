/** The real ones: a test that fakes timers still talks to a real Redis. */
const startTimer = globalThis.setTimeout;
const stopTimer = globalThis.clearTimeout;

/** Calls back in this turn of the event loop, after its input was read. */
export const afterInput: (run: () => void) => void =
  typeof globalThis.setImmediate === "function" ? globalThis.setImmediate : (run) => startTimer(run, 0);

/** Calls back as soon as what runs now has ended, and what it has continued: before any further input is read. */
export const afterThis: (run: () => void) => void = globalThis.process?.nextTick ?? queueMicrotask;

/**
 * The end of the time that calls wait for.
 *
 * Its timer holds the process, for as long as somebody waits and at most that long: our connections do not, so a script
 * that awaits its last check would else end before the answer.
 */
export class Deadline {
  #timer: ReturnType<typeof setTimeout>;
  #over = false;

  constructor(ms: number, passed: () => void) {
    // After a pause of the whole process, an answer may be there that was not read yet: it counts.
    this.#timer = startTimer(() => afterInput(() => this.#over || passed()), ms);
  }

  clear(): void {
    this.#over = true;
    stopTimer(this.#timer);
  }
}
