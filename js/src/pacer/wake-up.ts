import { nowMicros } from "../clock.js";

/** The longest time a timer takes; above it, Node fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The one timer of a pacer. It is set only while something waits, so it never holds up the end of a process in vain. */
export class WakeUp {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = -1;
  #ring: () => void;

  constructor(ring: () => void) {
    this.#ring = () => {
      this.#timer = undefined;
      this.#due = -1;
      ring();
    };
  }

  /** Sets the timer to `due`, in microseconds; −1 for never. */
  set(due: number): void {
    if (due === this.#due) return;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#due = due;
    // A timer that ends too early, because it can be no longer, finds nothing to do and sets the next.
    this.#timer = due < 0 ? undefined : setTimeout(this.#ring, timerMillis(due));
  }
}

function timerMillis(due: number): number {
  return Math.min(Math.max(0, Math.ceil((due - nowMicros()) / 1000)), MAX_TIMER_MS);
}
