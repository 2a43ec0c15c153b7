import { type HeaderDialect, toHeaders } from "../headers.js";
import type { Decision, Redis } from "../types.js";

/** Header fields by name. */
export type Fields = Readonly<Record<string, string>>;

const NO_FIELDS: Fields = {};

/** Where the latest passage of each request is kept: one place for all gates of a framework. */
export interface Passages {
  /** The latest passage of a request. */
  latest(ctx: object): Passage | undefined;
  /** Makes a passage the latest one of a request. */
  keep(ctx: object, passage: Passage): void;
}

const beside = new WeakMap<object, Passage>();

/**
 * Beside the requests: a `Request` may be anybody's object, and Express exchanges the prototype of each request,
 * after which a new property costs more than an entry here.
 */
export const BESIDE_REQUESTS: Passages = {
  latest: (ctx) => beside.get(ctx),
  keep: (ctx, passage) => void beside.set(ctx, passage),
};

/** The property of a request that {@link ON_REQUESTS} uses. */
export const LATEST: unique symbol = Symbol("tollgate.passage");

/** On the requests: cheaper, where a framework makes objects of one shape for them. */
export const ON_REQUESTS: Passages = {
  latest: (ctx) => (ctx as { [LATEST]?: Passage | null })[LATEST] ?? undefined,
  keep: (ctx, passage) => {
    (ctx as { [LATEST]?: Passage })[LATEST] = passage;
  },
};

/** One request at one gate, and what was found. */
export class Passage<N extends string = string> {
  /** The key that was charged. */
  readonly key: string;
  /** Undefined where a request of nobody is refused. */
  readonly decision: Decision<N> | undefined;
  readonly refused: boolean;
  /** What to tell the client, what earlier gates had to tell included. */
  fields: Fields = NO_FIELDS;
  /** The store that came with the request, where each brings its own. */
  redis: Redis | undefined;
  /** What was taken has been given back, or is kept for good. */
  ended = false;
  readonly #gate: object;
  readonly #before: Passage | undefined;
  /** The decision that the fields of a dialect with room for one tell about. */
  #shown: Decision | undefined;
  #dialect: HeaderDialect | undefined;

  /** `before` is the latest passage of the same request until now. */
  constructor(
    before: Passage | undefined,
    gate: object,
    key: string,
    decision: Decision<N> | undefined,
    refused: boolean,
  ) {
    this.key = key;
    this.decision = decision;
    this.refused = refused;
    this.#gate = gate;
    this.#before = before;
    if (before !== undefined) {
      this.fields = before.fields;
      this.#shown = before.#shown;
      this.#dialect = before.#dialect;
    }
  }

  /** The latest passage at one gate, given the latest at any. */
  static at(latest: Passage | undefined, gate: object): Passage | undefined {
    let passage = latest;
    while (passage !== undefined && passage.#gate !== gate) passage = passage.#before;
    return passage;
  }

  /**
   * Adds what the decision has to tell. The fields of the newest draft are lists: each gate adds its policies.
   * Those of the others have room for one: the tightest is shown, and a refusal before all.
   */
  tell(dialect: HeaderDialect): void {
    const { decision } = this;
    if (decision === undefined || (dialect === false && decision.allowed)) return;
    if (this.#shown === undefined) {
      this.fields = toHeaders(decision, dialect);
    } else if (dialect === "draft-11" && this.#dialect === dialect) {
      this.fields = listed(this.fields, toHeaders(decision, dialect));
    } else if (this.#dialect !== dialect || !decision.allowed || decision.remaining < this.#shown.remaining) {
      this.fields = { ...this.fields, ...toHeaders(decision, dialect) };
    } else {
      return;
    }
    this.#shown = decision;
    this.#dialect = dialect;
  }
}

function listed(before: Fields, added: Fields): Fields {
  const all: Record<string, string> = { ...before };
  for (const name of Object.keys(added)) {
    const value = added[name] as string;
    all[name] = before[name] === undefined ? value : `${before[name]}, ${value}`;
  }
  return all;
}
