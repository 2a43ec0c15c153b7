import { EngineDecision } from "./decision.js";
import { type EngineDialect, engine } from "./engine.js";
import { optionError, type TollgateError } from "./errors.js";
import { NOW, scratch } from "./scratch.js";
import type { Decision } from "./types.js";
import { checkOptions } from "./validate.js";

/** Which header fields tell a client about its limits; `false` for none but Retry-After. */
export type HeaderDialect = "draft-11" | "draft-7" | "draft-6" | "legacy" | false;

const UNDECIDED = "The rate limit could not be checked. Try again soon.";

/** The dialects as the engine has them; an index in the list is the engine's number of a dialect. */
let known: readonly EngineDialect[] | undefined;

function dialects(): readonly EngineDialect[] {
  known ??= engine.dialects();
  return known;
}

/** What `headers` may be, for checks and messages. */
export function isDialect(value: unknown): value is HeaderDialect {
  return value === false || dialects().some(({ name }) => name === value);
}

/** The error of a dialect that there is not. */
export function dialectError(given: unknown): TollgateError {
  const names = dialects().map(({ name }) => `"${name}"`);
  return optionError("CONFIG_HEADERS", "headers", given, `${names.join(", ")} or false`);
}

/**
 * The header fields that tell a client about `decision`: all policies in the newest draft, the binding one in
 * the others. A refusal adds `Retry-After` in whole seconds, unless it can never succeed. Where the store failed and
 * nobody has counted, there is nothing to tell but that.
 */
export function toHeaders(decision: Decision, dialect: HeaderDialect = "draft-11"): Record<string, string> {
  const headers: Record<string, string> = {};
  if (dialect !== false && isCounted(decision)) {
    const index = dialects().findIndex(({ name }) => name === dialect);
    if (index < 0) throw dialectError(dialect);
    const { fields } = dialects()[index] as EngineDialect;
    const limiter = restored(decision);
    scratch[NOW] = Math.ceil(Date.now() / 1000);
    const values = limiter.headers(index).split("\n");
    for (let i = 0; i < fields.length; i++) headers[fields[i] as string] = values[i] as string;
  }
  const after = retryAfterSeconds(decision);
  if (after !== undefined) headers["Retry-After"] = String(after);
  return headers;
}

/** Whether anybody has counted the call. */
function isCounted({ source }: Decision): boolean {
  return source !== "open" && source !== "closed";
}

/** The status of a refusal: `status`, unless nobody could decide. */
export function refusalStatus(decision: Decision | undefined, status: number): number {
  return decision?.source === "closed" ? 503 : status;
}

/** The problem+json body (RFC 9457) of a refusal. */
export function problemBody(decision: Decision, status: number): string {
  if (!isCounted(decision)) {
    return JSON.stringify({ type: "about:blank", title: "Service Unavailable", status, detail: UNDECIDED });
  }
  return restored(decision).problem(status);
}

/**
 * A finished refusal: status 429 (503 where the store failed and `onStoreError` is `"closed"`), headers, and a
 * problem+json body or `message` (a string as text, else JSON).
 */
export function toResponse(
  decision: Decision,
  options: { headers?: HeaderDialect; message?: unknown; status?: number } = {},
): Response {
  checkOptions("toResponse", options, ["headers", "message", "status"]);
  const { message } = options;
  const status = refusalStatus(decision, options.status ?? 429);
  const headers = new Headers(toHeaders(decision, options.headers));
  headers.set("Content-Type", contentType(message));
  return new Response(bodyText(decision, status, message), { status, headers });
}

/** The type of the body that {@link bodyText} makes. */
export function contentType(message: unknown): string {
  if (message === undefined) return "application/problem+json";
  return typeof message === "string" ? "text/plain; charset=utf-8" : "application/json; charset=utf-8";
}

/** The body of a refusal. */
export function bodyText(decision: Decision, status: number, message: unknown): string {
  if (message === undefined) return problemBody(decision, status);
  return typeof message === "string" ? message : (JSON.stringify(message) ?? "");
}

/** Whole seconds until a refused call may be tried again, at least 1; undefined when allowed or never. */
export function retryAfterSeconds(decision: Decision): number | undefined {
  const { allowed, retryAfterMs } = decision;
  if (allowed || !Number.isFinite(retryAfterMs)) return undefined;
  return Math.max(1, Math.ceil(retryAfterMs / 1000));
}

function restored(decision: Decision) {
  const limiter = EngineDecision.restore(decision);
  if (limiter === undefined) {
    throw optionError("CONFIG_DECISION", "decision", decision, "a decision that a limiter of this package returned");
  }
  return limiter;
}
