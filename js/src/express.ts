/** Rate limits for Express 5 and whatever calls `(req, res, next)`. */
import type { NextFunction, Request, Response } from "express";
import type { AddressSource } from "./http/callers.js";
import { Gate, type Refusal, type Verdict } from "./http/gate.js";
import { whenEnded } from "./http/node-response.js";
import { BESIDE_REQUESTS, type Passage } from "./http/passage.js";
import { isPending, thrown } from "./http/pending.js";
import type { Decision, HttpOptions, Limiter } from "./types.js";

declare global {
  namespace Express {
    interface Request {
      /** The latest decision about this request; absent where none was made, as with `skip`. */
      rateLimit?: Decision;
    }
  }
}

/** A middleware, with the limiter behind it. */
export interface RateLimitHandler<N extends string = string> {
  (req: Request, res: Response, next: NextFunction): void;
  /** For `stats()`, `reset(key)`, `block(key, "1h")` … */
  readonly limiter: Limiter<N>;
}

const ADDRESSES: AddressSource<Request> = {
  of: (req) => req.ip,
  advice: 'Behind a proxy set `app.set("trust proxy", 1)`',
};

/**
 * Limits the requests that pass here, by client address (`req.ip`, so `trust proxy` counts) unless `key` says
 * otherwise. A request is counted once by each middleware, however often it comes by.
 *
 * Errors of the functions given go to `next(error)`. With `skipFailedRequests`, a response that its client did not
 * wait for has failed.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function rateLimit<const N extends string = "default">(options: HttpOptions<Request, N>): RateLimitHandler<N> {
  const gate = new Gate("rateLimit", options, ADDRESSES, BESIDE_REQUESTS);
  const handler = (req: Request, res: Response, next: NextFunction): void => {
    let verdict: Verdict<N> | PromiseLike<Verdict<N>>;
    try {
      verdict = gate.admit(req);
    } catch (error) {
      next(thrown(error));
      return;
    }
    if (!isPending(verdict)) answer(gate, verdict, req, res, next);
    else
      Promise.resolve(verdict)
        .then((late) => answer(gate, late, req, res, next))
        .catch(forward(next));
  };
  return Object.assign(handler, { limiter: gate.limiter });
}

type ExpressGate<N extends string> = Gate<Request, N>;

function answer<N extends string>(
  gate: ExpressGate<N>,
  passage: Verdict<N>,
  req: Request,
  res: Response,
  next: NextFunction,
): void {
  if (passage === undefined) {
    next();
    return;
  }
  try {
    if (passage.decision !== undefined) req.rateLimit = passage.decision;
    writeFields(res, passage);
    if (passage.refused) {
      refuse(gate, passage, req, res, next);
      return;
    }
    if (gate.refunds) whenEnded(res, (failed) => gate.ended(passage, failed));
  } catch (error) {
    next(thrown(error));
    return;
  }
  next();
}

/** A timeout of the application may have answered while a key was looked up. */
function writeFields(res: Response, { fields }: Passage): void {
  if (res.headersSent) return;
  for (const name in fields) res.setHeader(name, fields[name] as string);
}

function refuse<N extends string>(
  gate: ExpressGate<N>,
  passage: Passage<N>,
  req: Request,
  res: Response,
  next: NextFunction,
): void {
  const refusal = gate.refusal(req, passage);
  if (!isPending(refusal)) end(res, refusal);
  else
    Promise.resolve(refusal)
      .then((late) => end(res, late))
      .catch(forward(next));
}

function end(res: Response, { status, type, body }: Refusal): void {
  if (res.headersSent) return;
  res.statusCode = status;
  res.setHeader("Content-Type", type);
  res.end(body);
}

function forward(next: NextFunction): (error: unknown) => void {
  return (error) => next(thrown(error));
}
