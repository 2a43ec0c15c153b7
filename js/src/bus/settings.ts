import { nameOf } from "../redis/names.js";
import { storeSettings } from "../store/settings.js";
import { checkOptions, optionError } from "../validate.js";
import type { BusOptions } from "./types.js";

/** Over TCP, as for limits. */
const TIMEOUT_MS = 250;

/** {@link BusOptions}, checked and with defaults. */
export interface BusSettings {
  redis: unknown;
  name: string;
  prefix: string;
  timeoutMs: number;
}

/**
 * Checks the options of a bus, but for `redis`.
 *
 * @throws TollgateError with a `CONFIG_…` code.
 */
export function busSettings(given: BusOptions): BusSettings {
  checkOptions("createBus", given, ["name", "redis", "prefix", "storeTimeout"]);
  const { redis, ...rest } = given as BusOptions;
  const { prefix, timeoutMs = TIMEOUT_MS } = storeSettings(rest);
  return { redis, name: checkedName(rest), prefix, timeoutMs };
}

/** Channels are UTF-8, which half a character has not. */
function checkedName(given: BusOptions): string {
  const name = nameOf(given);
  if (/\p{Surrogate}/u.test(name)) throw optionError("CONFIG_NAME", "name", name, "a text without lone surrogates");
  return name;
}
