import { type HeaderDialect, toHeaders } from "../headers.js";
import type { Decision, Redis } from "../types.js";

/** Header fields by name. */
export type Fields = Readonly<Record<string, string>>;

const NO_FIELDS: Fields = {};

/**
 * The latest passage of each request. Not a property of the request: Express exchanges the prototype of each one,
 * after which a new property costs microseconds.
 */
const latest = new WeakMap<object, Passage>();

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

  constructor(ctx: object, gate: object, key: string, decision: Decision<N> | undefined, refused: boolean) {
    this.key = key;
    this.decision = decision;
    this.refused = refused;
    this.#gate = gate;
    const before = latest.get(ctx);
    this.#before = before;
    if (before !== undefined) {
      this.fields = before.fields;
      this.#shown = before.#shown;
      this.#dialect = before.#dialect;
    }
    latest.set(ctx, this);
  }

  /** The latest passage of a request. */
  static latest(ctx: object): Passage | undefined {
    return latest.get(ctx);
  }

  /** The latest passage of a request at one gate. */
  static at(ctx: object, gate: object): Passage | undefined {
    let passage = latest.get(ctx);
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
