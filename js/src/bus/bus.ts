import { checkBusOptions } from "../presence/settings.js";
import { MemoryBus } from "./memory-bus.js";
import type { Bus, BusOptions } from "./types.js";

/**
 * Makes a bus: messages by topic, within this process.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function createBus<M extends Record<string, unknown> = Record<string, unknown>>(
  options: BusOptions = {},
): Bus<M> {
  checkBusOptions(options);
  return new MemoryBus() as unknown as Bus<M>;
}
