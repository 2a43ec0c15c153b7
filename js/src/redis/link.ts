import { nowMicros } from "../clock.js";
import { ASK_NO, type EngineBreaker, engine } from "../engine.js";
import { TollgateError } from "../errors.js";
import { drawSeed } from "../seed.js";
import type { Commands } from "./commands.js";
import { failedCall, isAnswer, isNoScript, timedOut, unavailable } from "./store-errors.js";

/** A script with its keys and arguments. */
export interface ScriptCall {
  source: string;
  sha1: string;
  keys: readonly string[];
  args: readonly string[];
}

/** Told how a call ended, once. */
export type CallEnd = (error: TollgateError | undefined, reply: unknown, micros: number) => void;

/** Oldest version that knows what the scripts use. */
const OLDEST_VERSION = 7;

const links = new WeakMap<Commands, Link>();

/** The link over a client; all limiters over that client share it. */
export function linkOf(commands: Commands): Link {
  const link = links.get(commands) ?? new Link(commands);
  links.set(commands, link);
  return link;
}

/** One Redis as all limiters over a client see it: whether it is worth asking, and calls that end once. */
export class Link {
  readonly commands: Commands;
  /** One for each place that can fail by itself: partitions, in a cluster. */
  #breakers = new Map<number, EngineBreaker>();
  #starting = new Set<Flight>();
  #tooOld: TollgateError | undefined;
  #asked = false;
  #listeners = new Set<(error: Error) => void>();

  constructor(commands: Commands) {
    this.commands = commands;
  }

  /** Tells what belongs to no call; returns what ends that. */
  onError(listener: (error: Error) => void): () => void {
    this.#listeners.add(listener);
    if (this.#tooOld !== undefined) listener(this.#tooOld);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Why a call would fail at once; undefined where it would be sent. */
  refusal(partition: number): TollgateError | undefined {
    const breaker = this.#breakers.get(this.#place(partition));
    if (breaker?.isOpen()) {
      const probe = breaker.nextProbe();
      if (probe < 0 || probe > nowMicros()) return unavailable("it failed, and is being left alone for a moment");
    }
    return this.commands.state() === "down" ? unavailable("the client is not connected") : undefined;
  }

  /** Sends a call. `end` is called once, perhaps before this returns; the result gives the call up. */
  send(call: ScriptCall, partition: number, end: CallEnd): (timeoutMs: number) => void {
    const refusal = this.refusal(partition);
    const breaker = this.#breaker(partition);
    const ask = refusal === undefined ? breaker.mayAsk(nowMicros()) : ASK_NO;
    if (ask === ASK_NO) {
      end(refusal ?? unavailable("it failed, and is being left alone for a moment"), undefined, 0);
      return () => {};
    }
    const flight = new Flight(call, breaker, ask, end);
    if (this.commands.state() === "ready") this.#launch(flight);
    else this.#launchWhenReady(flight);
    return (timeoutMs) => this.#giveUp(flight, timeoutMs);
  }

  #launch(flight: Flight): void {
    flight.sent = true;
    this.#askVersion();
    void flight.run(this.commands);
  }

  #launchWhenReady(flight: Flight): void {
    this.#starting.add(flight);
    if (this.#starting.size > 1) return;
    this.commands.onStarted(() => {
      const waiting = [...this.#starting];
      this.#starting.clear();
      const isReady = this.commands.state() === "ready";
      for (const one of waiting) {
        if (isReady) this.#launch(one);
        else one.refuse();
      }
    });
  }

  #giveUp(flight: Flight, timeoutMs: number): void {
    this.#starting.delete(flight);
    const wasProbe = flight.giveUp(timeoutMs);
    if (wasProbe) this.commands.renew?.(flight.key);
  }

  #place(partition: number): number {
    return this.commands.isCluster ? partition : 0;
  }

  #breaker(partition: number): EngineBreaker {
    const place = this.#place(partition);
    let breaker = this.#breakers.get(place);
    if (breaker === undefined) {
      breaker = engine.createBreaker({ seed: drawSeed()?.[0] ?? 0 });
      this.#breakers.set(place, breaker);
    }
    return breaker;
  }

  /** Once, with the first call: an old Redis fails in ways that say nothing about why. */
  #askVersion(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#readVersion().catch(() => {
      // The user may not be allowed to ask.
    });
  }

  async #readVersion(): Promise<void> {
    const info = await this.commands.info();
    const version = /^redis_version:((\d+)\S*)/m.exec(String(info));
    if (version === null || Number(version[2]) >= OLDEST_VERSION) return;
    this.#tooOld = new TollgateError(
      "STORE_VERSION",
      `Redis ${version[1]} is too old; expected 7.0 or newer, or Valkey`,
      "Update Redis. Until then its limits may fail, and then go on as onStoreError says.",
    );
    for (const listener of this.#listeners) listener(this.#tooOld);
  }
}

/** A call that was let through: it ends once, and its breaker is told once. */
class Flight {
  sent = false;
  #call: ScriptCall;
  #breaker: EngineBreaker;
  #ask: 1 | 2;
  #end: CallEnd;
  #over = false;
  #startedAt = nowMicros();

  constructor(call: ScriptCall, breaker: EngineBreaker, ask: number, end: CallEnd) {
    this.#call = call;
    this.#breaker = breaker;
    this.#ask = ask as 1 | 2;
    this.#end = end;
  }

  /** One of its keys; all lie in one place. */
  get key(): string {
    return this.#call.keys[0] ?? "";
  }

  async run(commands: Commands): Promise<void> {
    try {
      this.#answered(undefined, await this.#evaluate(commands));
    } catch (error) {
      if (isAnswer(error)) this.#answered(failedCall(error), undefined);
      else this.#failed(failedCall(error));
    }
  }

  /** It was never sent, and nobody needs to wait for that any longer. */
  refuse(): void {
    this.#failed(unavailable("the client could not connect"));
  }

  /** Says whether this was a probe that nobody answered. */
  giveUp(timeoutMs: number): boolean {
    if (this.#over) return false;
    const late = `the client was not connected within ${timeoutMs} ms`;
    this.#failed(this.sent ? timedOut(timeoutMs) : unavailable(late));
    return this.sent && this.#ask === 2;
  }

  /** Where the script is not known, nothing has run: its text follows, unless nobody waits any more. */
  async #evaluate(commands: Commands): Promise<unknown> {
    const { sha1, source, keys, args } = this.#call;
    try {
      return await commands.evalsha(sha1, keys, args);
    } catch (error) {
      if (!isNoScript(error) || this.#over) throw error;
      return commands.eval(source, keys, args);
    }
  }

  #answered(error: TollgateError | undefined, reply: unknown): void {
    const now = nowMicros();
    if (this.#over) {
      this.#breaker.answeredLate(now);
      return;
    }
    this.#over = true;
    this.#breaker.succeeded(this.#ask, now);
    this.#end(error, reply, now - this.#startedAt);
  }

  #failed(error: TollgateError): void {
    if (this.#over) return;
    this.#over = true;
    this.#breaker.failed(this.#ask, nowMicros());
    this.#end(error, undefined, 0);
  }
}
