/** Rate limits for Hono, on every runtime it has. */
import type { Context, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AddressSource } from "./http/callers.js";
import { Gate } from "./http/gate.js";
import { type Fields, ON_REQUESTS, type Passage } from "./http/passage.js";
import { peerAddress } from "./http/peer-address.js";
import { isPending } from "./http/pending.js";
import type { Decision, HttpOptions, Limiter } from "./types.js";

declare module "hono" {
  interface ContextVariableMap {
    /** The latest decision about this request; undefined where none was made, as with `skip`. */
    rateLimit: Decision;
  }
}

/** A middleware, with the limiter behind it. */
export type RateLimitHandler<N extends string = string> = MiddlewareHandler & {
  /** For `stats()`, `reset(key)`, `block(key, "1h")` … */
  readonly limiter: Limiter<N>;
};

const ADDRESSES: AddressSource<Context> = {
  of: (c) => peerAddress(c.req.raw, c.env),
  advice:
    "The address is known under @hono/node-server, Bun (with its server as the second argument), Deno and Workers",
};

/**
 * Limits the requests that pass here, by the address at the other end of the connection unless `key` says otherwise.
 * Behind a proxy that is the proxy's address: give a `key` that reads what your proxy writes (on Workers it is
 * `CF-Connecting-IP` already). A request is counted once by each middleware, however often it comes by.
 *
 * `c.var.rateLimit` is the decision. Errors of the functions given go to `app.onError`.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function rateLimit<const N extends string = "default">(options: HttpOptions<Context, N>): RateLimitHandler<N> {
  const gate = new Gate("rateLimit", options, ADDRESSES, ON_REQUESTS);
  const handler: MiddlewareHandler = async (c, next) => {
    const verdict = gate.admit(c);
    const passage = isPending(verdict) ? await verdict : verdict;
    if (passage === undefined) return next();
    if (passage.decision !== undefined) c.set("rateLimit", passage.decision);
    for (const name in passage.fields) c.header(name, passage.fields[name]);
    if (passage.refused) return refuse(gate, passage, c);
    let failed = true;
    try {
      await next();
      failed = c.res.status >= 400;
    } finally {
      if (gate.refunds) gate.ended(passage, failed);
    }
    writeMissing(c, gate.fields(c));
    return undefined;
  };
  return Object.assign(handler, { limiter: gate.limiter });
}

async function refuse<N extends string>(gate: Gate<Context, N>, passage: Passage<N>, c: Context): Promise<Response> {
  const { status, type, body } = await gate.refusal(c, passage);
  return c.body(body, status as ContentfulStatusCode, { "Content-Type": type });
}

/** A handler that makes its own `Response` leaves out what was set before it. */
function writeMissing(c: Context, fields: Fields | undefined): void {
  for (const name in fields) {
    if (!c.res.headers.has(name)) write(c, name, fields[name] as string);
  }
}

/** The fields of what `fetch` or `Response.redirect` returned cannot be changed: `c.header` makes a copy, always. */
function write(c: Context, name: string, value: string): void {
  try {
    c.res.headers.set(name, value);
  } catch {
    c.header(name, value);
  }
}
