import { optionError } from "../errors.js";
import { bodyText, contentType, refusalStatus } from "../headers.js";
import { type StoreLimiter, VIA } from "../store/store-limiter.js";
import type { Amount, CheckOptions, Decision, HttpOptions, Limiter, MemoryLimiter, Redis } from "../types.js";
import { WOULD_DENY } from "../would-deny.js";
import { type AddressSource, Callers, SHARED_KEY, storedKey } from "./callers.js";
import { Notices, reason } from "./notices.js";
import { type Fields, Passage, type Passages } from "./passage.js";
import { isPending } from "./pending.js";
import { type Settings, settingsOf } from "./settings.js";

/** What a gate finds; undefined where a request is not counted and passes. */
export type Verdict<N extends string> = Passage<N> | undefined;
type Soon<T> = T | PromiseLike<T>;

/** What few middlewares need. */
export interface GateOptions {
  /** Whether a request that comes a second time is counted a second time. */
  countsAgain?: boolean;
  /** Name of the limiter in a store, where the user gave none. */
  storeName?: string;
}

/** A refusal, ready to be written. Its header fields are those of the passage, and the type of the body. */
export interface Refusal {
  status: number;
  type: string;
  body: string;
}

/**
 * What all middlewares have in common: who calls, what that takes from which limit, and what to answer.
 *
 * A middleware calls {@link admit} for each request. It then writes the fields of the passage, and for a refused
 * one the {@link refusal}; where {@link refunds} says so, it calls {@link ended} after the response. Nothing here
 * makes a promise unless a function of the user, or the limiter, does.
 */
export class Gate<C extends object, N extends string> {
  readonly limiter: Limiter<N>;
  /** Whether the middleware has to say how responses end. */
  readonly refunds: boolean;
  #settings: Settings<C, N>;
  #callers: Callers<C>;
  #notices = new Notices();
  /** The limiter where it answers at once. */
  #memory: MemoryLimiter<N> | undefined;
  #passages: Passages;
  #countsAgain: boolean;

  constructor(
    where: string,
    options: HttpOptions<C, N>,
    addresses: AddressSource<C>,
    passages: Passages,
    more: GateOptions = {},
  ) {
    const settings = settingsOf<C, N>(where, options, more.storeName);
    this.#settings = settings;
    this.#callers = new Callers(settings.key, settings.onKeyError, addresses, this.#notices);
    this.#passages = passages;
    this.#countsAgain = more.countsAgain ?? false;
    this.limiter = settings.limiter;
    this.#memory = "checkSync" in this.limiter ? (this.limiter as MemoryLimiter<N>) : undefined;
    this.refunds = settings.skipFailed || settings.skipSuccessful;
  }

  /**
   * Decides about a request: at once where everybody who is asked answers at once. `peer` is what came along with
   * the request and may know the client's address.
   *
   * Throws, or rejects, what a function of the user or the limiter throws (but not `key`: see `onKeyError`).
   */
  admit(ctx: C, peer?: unknown): Soon<Verdict<N>> {
    const { skip } = this.#settings;
    if (skip === undefined) return this.#identify(ctx, peer);
    const skipped = skip(ctx);
    if (!isPending(skipped)) return skipped ? undefined : this.#identify(ctx, peer);
    return skipped.then((answer) => (answer ? undefined : this.#identify(ctx, peer)));
  }

  /** The latest passage of a request here. */
  passage(ctx: C): Passage<N> | undefined {
    return Passage.at(this.#passages.latest(ctx), this) as Passage<N> | undefined;
  }

  /** What a client is to be told, by all gates that its request has passed. */
  fields(ctx: C): Fields | undefined {
    return this.#passages.latest(ctx)?.fields;
  }

  /** What to answer to a refused request. */
  refusal(ctx: C, passage: Passage<N>): Soon<Refusal> {
    const { message } = this.#settings;
    const given = typeof message === "function" ? message(ctx) : message;
    if (isPending(given)) return given.then((late) => this.#refusal(passage, late));
    return this.#refusal(passage, given);
  }

  /** Gives back what a request took, if responses that end like this one are not counted. */
  ended(passage: Passage<N>, failed: boolean): void {
    const { skipFailed, skipSuccessful } = this.#settings;
    const { key, decision } = passage;
    if (passage.ended) return;
    passage.ended = true;
    if (!(failed ? skipFailed : skipSuccessful) || decision === undefined) return;
    if (this.#settings.redis !== undefined) this.#via(passage.redis);
    this.limiter.refund(key, decision).catch((error: unknown) => {
      this.#notices.tell("refund", () => `a refund failed: ${reason(error)}`);
    });
  }

  #identify(ctx: C, peer: unknown): Soon<Verdict<N>> {
    const key = this.#callers.keyOf(ctx, peer);
    if (isPending(key)) return key.then((found) => this.#count(ctx, found));
    return this.#count(ctx, key);
  }

  #count(ctx: C, caller: string | undefined): Soon<Verdict<N>> {
    const { onKeyError, allowed } = this.#settings;
    if (caller === undefined && onKeyError !== "shared") return onKeyError === "open" ? undefined : this.#close(ctx);
    if (caller !== undefined && allowed?.has(caller)) return undefined;
    if (!this.#countsAgain && this.passage(ctx) !== undefined) return undefined;
    const key = caller === undefined ? SHARED_KEY : storedKey(caller);
    const asked = this.#asked(ctx);
    if (isPending(asked)) return asked.then((request) => this.#check(ctx, key, request));
    return this.#check(ctx, key, asked);
  }

  #check(ctx: C, key: string, asked: CheckOptions<N> | undefined): Soon<Verdict<N>> {
    if (this.#memory !== undefined) return this.#pass(ctx, key, this.#memory.checkSync(key, asked));
    const { redis } = this.#settings;
    if (redis === undefined) return this.limiter.check(key, asked).then((decision) => this.#pass(ctx, key, decision));
    const found = redis(ctx);
    return isPending(found)
      ? found.then((late) => this.#checkVia(late, ctx, key, asked))
      : this.#checkVia(found, ctx, key, asked);
  }

  /** Asks the store that the request has brought. */
  #checkVia(
    redis: Redis | undefined,
    ctx: C,
    key: string,
    asked: CheckOptions<N> | undefined,
  ): PromiseLike<Verdict<N>> {
    this.#via(redis);
    return this.limiter.check(key, asked).then((decision) => {
      const passage = this.#pass(ctx, key, decision);
      passage.redis = redis;
      return passage;
    });
  }

  #via(redis: Redis | undefined): void {
    (this.limiter as StoreLimiter<N>)[VIA](redis);
  }

  #pass(ctx: C, key: string, decision: Decision<N>): Passage<N> {
    const { dryRun, dialect } = this.#settings;
    const passage = this.#entered(ctx, key, decision, !decision.allowed && !dryRun);
    // A client that is told of a limit slows down: nobody is to notice a dry run.
    if (!dryRun) passage.tell(dialect);
    if (!decision.allowed) this.#limited(ctx, decision);
    return passage;
  }

  #entered(ctx: C, key: string, decision: Decision<N> | undefined, refused: boolean): Passage<N> {
    const passage = new Passage<N>(this.#passages.latest(ctx), this, key, decision, refused);
    this.#passages.keep(ctx, passage as Passage);
    return passage;
  }

  #limited(ctx: C, decision: Decision<N>): void {
    const { dryRun, onLimited } = this.#settings;
    if (dryRun) this.#wouldDeny();
    if (onLimited === undefined) return;
    const report = (error: unknown) => this.#notices.tell("onLimited", () => `onLimited failed: ${reason(error)}`);
    try {
      const result = onLimited(ctx, decision);
      if (isPending(result)) result.then(undefined, report);
    } catch (error) {
      report(error);
    }
  }

  /** Refuses a request of nobody: there is no decision to tell. */
  #close(ctx: C): Verdict<N> {
    if (!this.#settings.dryRun) return this.#entered(ctx, "", undefined, true);
    this.#wouldDeny();
    return undefined;
  }

  #wouldDeny(): void {
    (this.limiter as { [WOULD_DENY]?: () => void })[WOULD_DENY]?.();
  }

  /** What the call brings along; undefined where there is nothing to ask. */
  #asked(ctx: C): Soon<CheckOptions<N> | undefined> {
    const { cost, limits } = this.#settings;
    if (cost === undefined) return limits === undefined ? undefined : this.#askedLimits(ctx, undefined);
    const costs = cost(ctx);
    if (isPending(costs)) return costs.then((found) => this.#askedLimits(ctx, found));
    return this.#askedLimits(ctx, costs);
  }

  #askedLimits(ctx: C, cost: Amount<N> | undefined): Soon<CheckOptions<N>> {
    const { limits } = this.#settings;
    if (limits === undefined) return this.#request(cost, undefined);
    const found = limits(ctx);
    if (isPending(found)) return found.then((late) => this.#request(cost, late));
    return this.#request(cost, found);
  }

  /** The limiter checks amounts, but takes none for "as usual": a function that finds none has a gap. */
  #request(cost: Amount<N> | undefined, limit: Amount<N> | undefined): CheckOptions<N> {
    const { cost: costs, limits, limitsFrom } = this.#settings;
    const request: CheckOptions<N> = {};
    if (costs !== undefined) request.cost = cost ?? refuse("CONFIG_COST", "cost", cost);
    if (limits !== undefined) request.limit = limit ?? refuse("CONFIG_LIMIT", limitsFrom, limit);
    return request;
  }

  #refusal({ decision }: Passage<N>, given: unknown): Refusal {
    // What the user says of refusals is not said of a store that failed.
    const message = decision?.source === "closed" ? undefined : given;
    const { status } = this.#settings;
    if (decision === undefined && message === undefined) {
      return { status, type: contentType(message), body: unidentified(status) };
    }
    const found = decision as Decision;
    const answered = refusalStatus(found, status);
    return { status: answered, type: contentType(message), body: bodyText(found, answered, message) };
  }
}

function refuse(code: string, field: string, value: unknown): never {
  throw optionError(code, field, value, "a function that returns a whole number, or one for each policy by name");
}

/** The problem+json body for a request of nobody. */
function unidentified(status: number): string {
  return JSON.stringify({ type: "about:blank", status, detail: "It could not be told whose request this is." });
}
