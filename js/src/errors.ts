/** What every error of Tollgate is: a stable `code`, a message that names field, value and bounds, and a hint. */
export class TollgateError extends Error {
  /** Stable name of the problem; `docs/errors.md` lists all. */
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string) {
    super(message);
    this.name = "TollgateError";
    this.code = code;
    this.hint = hint;
  }
}

/** Where each code is explained. */
const REFERENCE = "docs/errors.md";

/** An error that names the field, what was given, and what is allowed. */
export function optionError(code: string, field: string, value: unknown, allowed: string): TollgateError {
  return new TollgateError(
    code,
    `${field}: ${show(value)} is not allowed; expected ${allowed}`,
    `Give ${field} ${allowed}. See ${code} in ${REFERENCE}.`,
  );
}

/** An error of the engine, made ours. */
export function fromEngine(error: unknown): TollgateError {
  const { code = "ENGINE", message } = error as { code?: string; message: string };
  return new TollgateError(code, message, `See ${code} in ${REFERENCE}.`);
}

/** The error of calls that come after `close`. */
export function closedError(what = "limiter"): TollgateError {
  return new TollgateError("CLOSED", `the ${what} is closed`, `Make a new ${what}, or close it later.`);
}

/** A value as it would be typed, shortened. */
export function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : describe(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) {
    try {
      return JSON.stringify(value) ?? "an object";
    } catch {
      return "an object";
    }
  }
  return typeof value === "bigint" ? `${value}n` : String(value);
}
