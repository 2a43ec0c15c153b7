import type { Commands } from "./commands.js";
import { CONNECT_MS } from "./connect-time.js";
import { Deadline } from "./deadline.js";
import { failedCall, isAnswer, timedOut, unavailable } from "./store-errors.js";

/** Publishes over a client: in the order of the calls, at once or not at all. */
export class Publisher {
  #commands: Commands;
  /** Calls that wait for the client's first connection, in their order. */
  #starting: (() => void)[] = [];

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  /** How many subscribers were reached; undefined in a cluster, whose nodes count only their own. */
  publish(channel: string, message: string, timeoutMs: number): Promise<number | undefined> {
    const state = this.#commands.state();
    if (state === "down") return Promise.reject(unavailable("the client is not connected"));
    return new Promise((resolve, reject) => {
      const flight = new Flight(this.#commands, timeoutMs, state === "ready", resolve, reject);
      if (state === "ready") flight.send(channel, message);
      else this.#whenStarted(() => flight.send(channel, message));
    });
  }

  #whenStarted(send: () => void): void {
    this.#starting.push(send);
    if (this.#starting.length > 1) return;
    this.#commands.onStarted(() => {
      for (const waiting of this.#starting.splice(0)) waiting();
    });
  }
}

/** One call; it ends once, and by its deadline. */
class Flight {
  #commands: Commands;
  #deadline: Deadline;
  #resolve: (reached: number | undefined) => void;
  #reject: (error: Error) => void;
  #isOver = false;
  #isSent = false;

  constructor(
    commands: Commands,
    timeoutMs: number,
    isReady: boolean,
    resolve: (reached: number | undefined) => void,
    reject: (error: Error) => void,
  ) {
    this.#commands = commands;
    this.#resolve = resolve;
    this.#reject = reject;
    const ms = isReady ? timeoutMs : CONNECT_MS + timeoutMs;
    const late = `the client was not connected within ${ms} ms`;
    this.#deadline = new Deadline(ms, () => this.#failed(this.#isSent ? timedOut(ms) : unavailable(late)));
  }

  send(channel: string, message: string): void {
    if (this.#isOver) return;
    if (this.#commands.state() !== "ready") {
      this.#failed(unavailable("the client could not connect"));
      return;
    }
    this.#isSent = true;
    this.#commands.publish(channel, message).then(
      (reached) => this.#sent(reached),
      (error) => this.#failed(isOurs(error) ? error : failedCall(error)),
    );
  }

  #sent(reached: unknown): void {
    this.#end();
    this.#resolve(this.#commands.isCluster ? undefined : Number(reached));
  }

  #failed(error: Error): void {
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#deadline.clear();
  }
}

function isOurs(error: unknown): error is Error {
  return !isAnswer(error) && (error as { code?: unknown }).code === "STORE_UNAVAILABLE";
}
