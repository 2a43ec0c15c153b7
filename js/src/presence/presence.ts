import { machines } from "../machines.js";
import { engineErrors } from "../validate.js";
import { MemoryPresence } from "./memory-presence.js";
import { presenceConfig } from "./settings.js";
import type { Presence, PresenceOptions } from "./types.js";

/**
 * Makes presence: who is in which room, told once per join and once per leave. Its state is in this process.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function createPresence<T = unknown>(options: PresenceOptions = {}): Presence<T> {
  const config = presenceConfig(options);
  return new MemoryPresence<T>(engineErrors(() => machines.createRoster(config)));
}
