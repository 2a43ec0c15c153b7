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

/** What to do about errors of the engine that are about no option. */
const ENGINE_HINTS: Record<string, string> = {
  ENGINE: "This is a defect of ours: please report it with its message.",
  ENGINE_IN_USE: "Take a saved state over into a limiter that has decided nothing yet.",
  ENGINE_SAVED_FORM: "Deploy the version again that has stored it, or wait until its alarm deletes it.",
  ENGINE_SAVED_POLICIES: "Call the object through `durable`, which gives each set of policies objects of its own.",
};

/** An error of the engine, made ours. */
export function fromEngine(error: unknown): TollgateError {
  const { code = "ENGINE", message } = error as { code?: string; message: string };
  return new TollgateError(code, message, `${ENGINE_HINTS[code] ?? optionHint(message)} See ${code} in ${REFERENCE}.`);
}

/** The engine writes about options as {@link optionError} does. */
function optionHint(message: string): string {
  const [, field, allowed] = /^([^:]+): .* is not allowed; expected (.+)$/s.exec(message) ?? [];
  return field === undefined ? "Change what the message names." : `Give ${field} ${allowed}.`;
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
