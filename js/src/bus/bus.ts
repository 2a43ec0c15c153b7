import { MessageBus } from "./message-bus.js";
import { busSettings } from "./settings.js";
import type { Bus, BusOptions } from "./types.js";

/**
 * Makes a bus: messages by topic, within this process or, with `redis`, among all whose buses have the same name.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function createBus<M extends Record<string, unknown> = Record<string, unknown>>(
  options: BusOptions = {},
): Bus<M> {
  return new MessageBus(busSettings(options)) as unknown as Bus<M>;
}
