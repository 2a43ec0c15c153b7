import { clientKey } from "../client-key.js";
import { show } from "../errors.js";
import { type Notices, reason } from "./notices.js";
import { isPending } from "./pending.js";

/** How a framework tells a client's address. */
export interface AddressSource<C> {
  /** The address, as far as the framework knows it. `peer` is what came along with the request. */
  of(ctx: C, peer: unknown): unknown;
  /** What to do where it knows none. */
  advice: string;
}

/** What becomes of a request of nobody. */
export type OnKeyError = "shared" | "open" | "closed";

const CONSEQUENCES: Record<OnKeyError, string> = {
  shared: "such requests share one bucket",
  open: "such requests pass without being counted",
  closed: "such requests are refused",
};

/** The bucket of the nameless. Keys of callers never begin with one NUL alone: see {@link storedKey}. */
export const SHARED_KEY = "\0nameless";

/** A caller's key as the limiter gets it: the same, but that no caller can reach {@link SHARED_KEY}. */
export function storedKey(key: string): string {
  return key.charCodeAt(0) === 0 ? `\0${key}` : key;
}

/** Finds out whose call a request is. */
export class Callers<C> {
  #key: ((ctx: C) => unknown) | undefined;
  #addresses: AddressSource<C>;
  #consequence: string;
  #notices: Notices;

  constructor(
    key: ((ctx: C) => unknown) | undefined,
    onKeyError: OnKeyError,
    addresses: AddressSource<C>,
    notices: Notices,
  ) {
    this.#key = key;
    this.#addresses = addresses;
    this.#consequence = CONSEQUENCES[onKeyError];
    this.#notices = notices;
  }

  /** The caller's key; undefined for a request of nobody, of which operators are told. */
  keyOf(ctx: C, peer: unknown): string | undefined | PromiseLike<string | undefined> {
    if (this.#key === undefined) return this.#addressKey(ctx, peer);
    let key: unknown;
    try {
      key = this.#key(ctx);
    } catch (error) {
      return this.#threw(error);
    }
    if (typeof key === "string" && key !== "") return key;
    if (!isPending(key)) return this.#returned(key);
    return Promise.resolve(key).then(
      (found) => (typeof found === "string" && found !== "" ? found : this.#returned(found)),
      (error) => this.#threw(error),
    );
  }

  #addressKey(ctx: C, peer: unknown): string | undefined {
    const address = this.#addresses.of(ctx, peer);
    if (typeof address === "string" && address !== "") return clientKey(address);
    this.#notices.tell(
      "key",
      () => `a client's address is unknown: ${this.#consequence}. ${this.#addresses.advice}, or give \`key\`.`,
    );
    return undefined;
  }

  #returned(key: unknown): undefined {
    this.#nobody(`returned ${show(key)}`);
  }

  #threw(error: unknown): undefined {
    this.#nobody(`threw "${reason(error)}"`);
  }

  #nobody(what: string): void {
    this.#notices.tell(
      "key",
      () => `key ${what}: ${this.#consequence}. Return a string that is not empty, or choose \`onKeyError\`.`,
    );
  }
}
