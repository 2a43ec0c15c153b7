/** Rate limits for everything that takes a `Request` and gives a `Response`. */
import { optionError } from "./errors.js";
import type { AddressSource } from "./http/callers.js";
import { Gate } from "./http/gate.js";
import { BESIDE_REQUESTS, type Fields, type Passage } from "./http/passage.js";
import { peerAddress } from "./http/peer-address.js";
import type { Decision, HttpOptions, Limiter } from "./types.js";

/**
 * Who is at the other end: the client's address as `ip`, or what the runtime passes along with a request (Bun's
 * server, Deno's info, the `env` of @hono/node-server).
 */
export type Peer = { readonly ip?: string | undefined } | object;

/** A limit for requests. */
export interface RateLimitFunction<N extends string = string> {
  /**
   * Counts a request. Resolves with the finished refusal, or with undefined where the request may go. Every call
   * counts, also for the same request.
   */
  (request: Request, peer?: Peer): Promise<Response | undefined>;
  /** The latest decision about a request; undefined where none was made, as with `skip`. */
  decision(request: Request): Decision<N> | undefined;
  /**
   * The response with the header fields of all limits that the request has passed; a copy where its fields cannot be
   * changed. Does what `skipSuccessfulRequests` and `skipFailedRequests` ask for.
   */
  finish(request: Request, response: Response): Response;
  /** For `stats()`, `reset(key)`, `block(key, "1h")` … */
  readonly limiter: Limiter<N>;
}

const ADDRESSES: AddressSource<Request> = {
  of: (request, peer) => (peer as { ip?: unknown } | undefined)?.ip ?? peerAddress(request, peer),
  advice: "Give it as the second argument: `limit(request, { ip })`",
};

/**
 * Makes a limit for requests.
 *
 * ```ts
 * const limit = rateLimit({ limit: 100, window: "1m" });
 * const serve = async (request, peer) =>
 *   (await limit(request, peer)) ?? limit.finish(request, await handle(request));
 * ```
 *
 * It limits by client address unless `key` says otherwise. A `Request` does not have one: without `key`, the second
 * argument has to (on Cloudflare Workers it is `CF-Connecting-IP`). Errors of the functions given reject.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function rateLimit<const N extends string = "default">(options: HttpOptions<Request, N>): RateLimitFunction<N> {
  const gate = new Gate("rateLimit", options, ADDRESSES, BESIDE_REQUESTS, { countsAgain: true });
  const limit = async (request: Request, peer?: Peer): Promise<Response | undefined> => {
    if (typeof request !== "object" || request === null) {
      throw optionError("CONFIG_OPTIONS", "request", request, "a Request");
    }
    const passage = await gate.admit(request, peer);
    return passage?.refused ? refuse(gate, passage, request) : undefined;
  };
  return Object.assign(limit, {
    limiter: gate.limiter,
    decision: (request: Request) => gate.passage(request)?.decision,
    finish: (request: Request, response: Response) => finish(gate, request, response),
  });
}

async function refuse<N extends string>(
  gate: Gate<Request, N>,
  passage: Passage<N>,
  request: Request,
): Promise<Response> {
  const { status, type, body } = await gate.refusal(request, passage);
  return new Response(body, { status, headers: { ...passage.fields, "Content-Type": type } });
}

function finish<N extends string>(gate: Gate<Request, N>, request: Request, response: Response): Response {
  const passage = gate.passage(request);
  if (passage !== undefined) gate.ended(passage, response.status === 0 || response.status >= 400);
  return withFields(response, gate.fields(request) ?? {});
}

function withFields(response: Response, fields: Fields): Response {
  try {
    for (const name in fields) response.headers.set(name, fields[name] as string);
    return response;
  } catch {
    return copied(response, fields);
  }
}

/** The fields of a response that came from `fetch` or `Response.redirect` cannot be changed. */
function copied(response: Response, fields: Fields): Response {
  if (response.status < 200) return response;
  const headers = new Headers(response.headers);
  for (const name in fields) headers.set(name, fields[name] as string);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
