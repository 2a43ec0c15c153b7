import { optionError } from "../errors.js";

/** Half of a character: it has no UTF-8, so two different texts could become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Accepts a text; the engine checks how long it may be. */
export function checkedText(code: string, field: string, given: unknown): string {
  if (typeof given === "string" && !LONE_SURROGATE.test(given)) return given;
  throw optionError(code, field, given, "a text of 1 to 512 bytes of UTF-8, without lone surrogates");
}

/** Data as JSON; undefined is `null`. */
export function dataAsJson(data: unknown): string {
  const json = stringified(data === undefined ? null : data);
  if (json === undefined) throw optionError("CONFIG_DATA", "data", data, "something that JSON can say");
  return json;
}

function stringified(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw optionError("CONFIG_DATA", "data", (error as Error).message, "something that JSON can say");
  }
}
