import { nowMicros } from "../clock.js";

const MINUTE_MICROS = 60_000_000;

/** Tells operators what goes wrong in requests: each kind of notice at most once a minute. */
export class Notices {
  #write: (text: string) => void;
  #told = new Map<string, number>();

  constructor(write: (text: string) => void = (text) => console.warn(text)) {
    this.#write = write;
  }

  /** Tells it, unless one of its kind was told less than a minute ago. */
  tell(kind: string, text: () => string): void {
    const now = nowMicros();
    const last = this.#told.get(kind);
    if (last !== undefined && now - last < MINUTE_MICROS) return;
    this.#told.set(kind, now);
    this.#write(`tollgate: ${text()}`);
  }
}

/** What was thrown, on one line. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
