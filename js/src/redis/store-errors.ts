import { TollgateError } from "../errors.js";
import { advice } from "./advice.js";

/** Redis was not asked: it cannot be reached, or is left alone for a while after failures. */
export function unavailable(why: string): TollgateError {
  return new TollgateError(
    "STORE_UNAVAILABLE",
    `Redis was not asked: ${why}`,
    "Nothing was counted or sent. See that Redis runs and can be reached; limits go on as onStoreError says.",
  );
}

/** No answer within the deadline. */
export function timedOut(ms: number): TollgateError {
  return new TollgateError(
    "STORE_TIMEOUT",
    `Redis did not answer within ${ms} ms`,
    "The call may have been counted, or the message sent. Give storeTimeout more time, or see what keeps Redis busy.",
  );
}

/** The call failed on its way, or Redis answered with an error. */
export function failedCall(error: unknown): TollgateError {
  const why = messageOf(error);
  return new TollgateError("STORE_ERROR", `Redis failed: ${why}`, advice(why));
}

/** The text of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether Redis does not know the script: nothing has run. */
export function isNoScript(error: unknown): boolean {
  return /\bNOSCRIPT\b/.test(messageOf(error));
}

/** Error replies about the call itself: Redis is well. */
const ANSWERS = /^(?:\S*: )?(?:WRONGTYPE|ERR|NOSCRIPT|CROSSSLOT|NOPERM)\b/;

/** Whether an error is an answer about the call itself, from a Redis that works. */
export function isAnswer(error: unknown): boolean {
  return ANSWERS.test(messageOf(error));
}
