import { TollgateError } from "../errors.js";

/** A call has waited for longer than `maxDelay`. It has used up nothing. */
export class RateLimitTimeoutError extends TollgateError {
  constructor() {
    super("TIMEOUT", "queue maxDelay timeout exceeded", "Allow a longer maxDelay, or send less.");
    this.name = "RateLimitTimeoutError";
  }
}

/** The error of a cost that never fits. */
export function tooLarge(policy: string, cost: number, limit: number): TollgateError {
  return new TollgateError(
    "TOO_LARGE",
    `cost: ${cost} can never start, the limit of ${JSON.stringify(policy)} is ${limit}`,
    `Split the call, or give a cost of at most ${limit}.`,
  );
}

/** The error of a call for which there is no room. */
export function queueFull(most: number): TollgateError {
  return new TollgateError("QUEUE_FULL", `${most} calls wait already`, "Send less, or allow a longer queue: maxQueue.");
}

/** The error of calls that `clear` takes back. */
export function cleared(): TollgateError {
  return new TollgateError("CLEARED", "the queue was cleared", "Ask again if the call is still wanted.");
}

/** The error of calls that a closed pacer does not make. */
export function closed(): TollgateError {
  return new TollgateError("CLOSED", "the pacer is closed", "Close it later, with `drain`, or make a new one.");
}
