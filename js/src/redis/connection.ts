import type { ClientState, Commands } from "./commands.js";
import { installedClient, type Open, type OpenClient } from "./open-client.js";
import { failedCall, unavailable } from "./store-errors.js";

/** Delays before a lost connection is opened again: doubling, so that a Redis that starts is not overrun. */
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;

/**
 * The one connection to a URL that all limiters of a process share.
 *
 * A client is used until its connection breaks, and then replaced: nothing that was asked before is ever sent again.
 * It never holds the process: its socket and its timers are not counted.
 */
export class Connection implements Commands {
  readonly transport = "tcp";
  readonly isCluster = false;
  #url: string;
  #loading: Promise<Open>;
  #client: OpenClient | undefined;
  #state: ClientState = "starting";
  #delayMs = FIRST_DELAY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #whenStarted = new Set<() => void>();
  #onError: (error: Error) => void;

  constructor(url: string, onError: (error: Error) => void, loading: Promise<Open> = installedClient()) {
    this.#url = url;
    this.#onError = onError;
    this.#loading = loading;
    void this.#open();
  }

  state(): ClientState {
    return this.#state === "ready" ? (this.#client?.commands.state() ?? "down") : this.#state;
  }

  onStarted(listener: () => void): void {
    this.#whenStarted.add(listener);
  }

  async evalsha(sha1: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#now().evalsha(sha1, keys, args);
  }

  async eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#now().eval(source, keys, args);
  }

  async publish(channel: string, message: string): Promise<unknown> {
    return this.#now().publish(channel, message);
  }

  info(): Promise<unknown> | undefined {
    return this.#client?.commands.info();
  }

  /** A connection whose other end is gone without a word would stay for a quarter of an hour. */
  renew(): void {
    if (this.#client === undefined) return;
    this.#drop();
    this.#later();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #now(): Commands {
    if (this.#client === undefined) throw unavailable("the connection was lost");
    return this.#client.commands;
  }

  async #open(): Promise<void> {
    try {
      const open = await this.#loading;
      let client: OpenClient | undefined;
      let broken: Error | undefined;
      client = await open(this.#url, (error) => {
        broken = error;
        if (client !== undefined) this.#lost(client, error);
      });
      if (this.#closed) client.destroy();
      else if (broken !== undefined) throw broken;
      else this.#ready(client);
    } catch (error) {
      if (this.#closed) return;
      if (this.#state === "starting") this.#onError(failedOpen(error));
      this.#state = "down";
      this.#started();
      this.#later();
    }
  }

  #ready(client: OpenClient): void {
    this.#client = client;
    this.#state = "ready";
    this.#delayMs = FIRST_DELAY_MS;
    this.#started();
  }

  /** For better or worse. */
  #started(): void {
    const listeners = [...this.#whenStarted];
    this.#whenStarted.clear();
    for (const listener of listeners) listener();
  }

  /** Said once for each time that it was ready; why it does not come back is told by calls that fail. */
  #lost(client: OpenClient, error: Error): void {
    if (this.#client !== client) return;
    this.#onError(failedOpen(error));
    this.#drop();
    this.#later();
  }

  #drop(): void {
    const client = this.#client;
    this.#state = "down";
    // Before it is ended: node-redis tells that it has ended while it ends.
    this.#client = undefined;
    client?.destroy();
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#open(), this.#delayMs * (0.5 + Math.random() / 2));
    (this.#timer as { unref?: () => void }).unref?.();
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
  }
}

function failedOpen(error: unknown): Error {
  return (error as { code?: unknown }).code === "CONFIG_REDIS" ? (error as Error) : failedCall(error);
}
