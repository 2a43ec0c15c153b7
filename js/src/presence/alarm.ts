import { nowMicros } from "../clock.js";

/** The longest time a timer takes; above it, Node fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One timer, for the next time at which something is due. It keeps no process alive. */
export class Alarm {
  #at = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ring: () => void;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at a time of `nowMicros`; −1 for never. */
  set(at: number): void {
    if (at === this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    if (at < 0) return;
    const ms = Math.min(Math.max(Math.ceil((at - nowMicros()) / 1000), 0), MAX_TIMER_MS);
    this.#timer = setTimeout(() => {
      this.#at = -1;
      this.#ring();
    }, ms);
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
