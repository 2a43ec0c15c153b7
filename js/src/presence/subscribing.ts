import type { ChannelListener, Channels } from "../redis/channels.js";

/** After how long a subscription that could not be made is tried again. */
const RETRY_MS = 500;

/** A subscription that is wanted for as long as it has not been ended: tried until it is in force. */
export class Subscribing {
  /** Resolves when it is in force, or has been ended. */
  readonly ready: Promise<void>;
  #ended = false;
  #wake: () => void = () => {};
  #leave: (() => Promise<void>) | undefined;

  constructor(
    subscribe: (listener: ChannelListener) => ReturnType<Channels["subscribe"]>,
    listener: ChannelListener,
    failed: (error: unknown) => void,
  ) {
    this.ready = this.#keepTrying(() => subscribe(listener), failed);
  }

  end(): void {
    this.#ended = true;
    this.#wake();
    this.#leave?.().catch(() => {});
  }

  /** There may be a connection now. */
  hurry(): void {
    this.#wake();
  }

  async #keepTrying(subscribe: () => Promise<() => Promise<void>>, failed: (error: unknown) => void): Promise<void> {
    while (!this.#ended && this.#leave === undefined) {
      try {
        this.#leave = await subscribe();
        if (this.#ended) await this.#leave();
      } catch (error) {
        if (this.#ended) return;
        failed(error);
        await pause(RETRY_MS, (wake) => {
          this.#wake = wake;
        });
      }
    }
  }
}

/** Waits, without holding the process; `early` is given what ends the wait. */
export function pause(ms: number, early: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    (timer as { unref?: () => void }).unref?.();
    early(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
