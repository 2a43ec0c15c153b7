import { optionError, TollgateError } from "../errors.js";
import type { EnginePresenceConfig } from "../machines.js";
import { storeSettings } from "../store/settings.js";
import type { StoreOptions } from "../types.js";
import { checkOptions, micros } from "../validate.js";

const SHARED = ["name", "redis", "prefix", "storeTimeout"] as const;
const OPTIONS = [...SHARED, "ttl", "heartbeat", "grace", "maxData"] as const;

/** The options of presence, ready for the engine, which knows their bounds. */
export function presenceConfig(given: unknown): EnginePresenceConfig {
  checkOptions("createPresence", given, OPTIONS);
  checkShared(given);
  const config: EnginePresenceConfig = {};
  if (given.ttl !== undefined) config.ttlMicros = micros("CONFIG_TTL", "ttl", given.ttl);
  if (given.heartbeat !== undefined) {
    config.heartbeatMicros = micros("CONFIG_HEARTBEAT", "heartbeat", given.heartbeat);
  }
  if (given.grace !== undefined) config.graceMicros = micros("CONFIG_GRACE", "grace", given.grace);
  if (given.maxData !== undefined) config.maxData = maxData(given.maxData);
  return config;
}

function checkShared(given: Record<string, unknown>): void {
  const { name, prefix, storeTimeout, redis } = given;
  storeSettings({ name, prefix, storeTimeout } as Omit<StoreOptions, "redis">);
  if (redis === undefined) return;
  throw new TollgateError(
    "CONFIG_REDIS",
    "redis: a Redis URL or client is not allowed; expected undefined: this version keeps presence in memory",
    "Leave redis out (and REDIS_URL unset) to have them within this process.",
  );
}

function maxData(given: unknown): number {
  if (Number.isSafeInteger(given) && (given as number) > 0) return given as number;
  throw optionError("CONFIG_MAX_DATA", "maxData", given, "a whole number of bytes from 1 to 65536");
}
