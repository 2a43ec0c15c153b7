import { Listeners } from "../events.js";
import { machines } from "../machines.js";
import { storeSettings } from "../store/settings.js";
import { engineErrors } from "../validate.js";
import { MemoryPresence } from "./memory-presence.js";
import { openShared } from "./open-shared.js";
import { RedisPresence } from "./redis-presence.js";
import { presenceConfig } from "./settings.js";
import type { Presence, PresenceEvents, PresenceOptions } from "./types.js";

/**
 * Makes presence: who is in which room, told once per join and once per leave. With `redis` it is that of all processes
 * that have the same `name` and `prefix`; without, it is in the memory of this one.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function createPresence<T = unknown>(options: PresenceOptions = {}): Presence<T> {
  const config = presenceConfig(options);
  const { name, prefix, storeTimeout, redis } = options;
  const settings = storeSettings({ name, prefix, storeTimeout } as Parameters<typeof storeSettings>[0]);
  if (redis === undefined) return new MemoryPresence<T>(engineErrors(() => machines.createRoster(config)));
  const listeners = new Listeners<PresenceEvents<T>>();
  return new RedisPresence<T>(
    openShared(config, settings, redis, (error) => listeners.emit("error", error)),
    listeners,
  );
}
