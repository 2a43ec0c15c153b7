import { nowMicros } from "../clock.js";

const LONGEST_MS = 2 ** 31 - 1;

/** The one timer of a membership. It does not hold the process: calls that wait do. */
export class MemberTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ring: () => void;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at `due`, in microseconds; never where it is infinite. */
  set(due: number): void {
    this.end();
    if (due === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(Math.max(1, Math.ceil((due - nowMicros()) / 1000)), LONGEST_MS);
    this.#timer = setTimeout(this.#ring, ms);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
