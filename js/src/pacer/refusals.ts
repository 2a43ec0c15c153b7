import { optionError } from "../errors.js";
import { millis } from "../validate.js";
import type { Call } from "./call.js";
import type { PacerSettings } from "./options.js";
import type { CallQueue, Failures } from "./queue.js";
import { learnFrom, readTold, usedUpMicros } from "./told.js";

/** How long a refusal without a time holds the queue back at first; each further one in a row doubles it. */
const FIRST_PAUSE_MICROS = 1_000_000;
const MAX_PAUSE_MICROS = 60_000_000;

/** A response that is a refusal, as an error inside a paced `fetch`. */
export class RefusedResponse {
  readonly response: Response;
  /** Whether its request can be sent again. */
  readonly isRepeatable: boolean;

  constructor(response: Response, isRepeatable: boolean) {
    this.response = response;
    this.isRepeatable = isRepeatable;
  }

  get status(): number {
    return this.response.status;
  }

  get headers(): Headers {
    return this.response.headers;
  }
}

/**
 * Whether the other side takes no more for now. A 403 says so where it names a time or a limit that is used up: GitHub's
 * does.
 */
export function isRefusal(status: unknown, headers: unknown): boolean {
  if (status !== 403) return status === 429 || status === 503;
  const told = readTold(headers);
  return told.retryAfterMicros !== undefined || usedUpMicros(told) !== undefined;
}

/** Learns from errors of the other side, and says which calls go again. */
export class Refusals implements Failures {
  readonly #settings: PacerSettings;
  #inRow = 0;

  constructor(settings: PacerSettings) {
    this.#settings = settings;
  }

  onSuccess(): void {
    this.#inRow = 0;
  }

  onError(queue: CallQueue, call: Call, error: unknown): number | undefined {
    if (call.options?.signal?.aborted || queue.closing.aborted) return undefined;
    const status = statusOf(error);
    const isRefused = isRefusal(status, headersOf(error));
    if (isRefused) this.#hold(queue, call, error, String(status));
    if (error instanceof RefusedResponse && !error.isRepeatable) return undefined;
    const { retry } = this.#settings;
    if (typeof retry === "number") return isRefused && call.attempt <= retry ? 0 : undefined;
    return chosenDelay(retry(error, call.attempt));
  }

  /** Pauses for as long as the other side says, or for longer each time that it does not say. */
  #hold(queue: CallQueue, call: Call, error: unknown, status: string): void {
    const told = readTold(headersOf(error));
    if (this.#settings.learn) learnFrom(queue, call, told);
    const untold = Math.min(FIRST_PAUSE_MICROS * 2 ** this.#inRow, MAX_PAUSE_MICROS);
    this.#inRow++;
    queue.pause(told.retryAfterMicros ?? usedUpMicros(told) ?? untold, status);
  }
}

function chosenDelay(chosen: unknown): number | undefined {
  if (chosen === false) return undefined;
  if (typeof chosen !== "number" && typeof chosen !== "string") {
    throw optionError("CONFIG_RETRY", "retry", chosen, "a function that returns a duration, or false");
  }
  return millis("CONFIG_RETRY", "retry", chosen as number);
}

/** The status that an SDK's error carries. */
function statusOf(error: unknown): unknown {
  const { status, statusCode, response } = fieldsOf(error);
  return status ?? statusCode ?? fieldsOf(response).status;
}

function headersOf(error: unknown): unknown {
  const { headers, response } = fieldsOf(error);
  return headers ?? fieldsOf(response).headers;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
