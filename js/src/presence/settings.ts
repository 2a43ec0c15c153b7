import { optionError } from "../errors.js";
import type { EnginePresenceConfig } from "../machines.js";
import { checkOptions, micros } from "../validate.js";

const SHARED = ["name", "redis", "prefix", "storeTimeout"] as const;
const OPTIONS = [...SHARED, "ttl", "heartbeat", "grace", "maxData"] as const;

/** The options of presence, ready for the engine, which knows their bounds. */
export function presenceConfig(given: unknown): EnginePresenceConfig {
  checkOptions("createPresence", given, OPTIONS);
  const config: EnginePresenceConfig = {};
  if (given.ttl !== undefined) config.ttlMicros = micros("CONFIG_TTL", "ttl", given.ttl);
  if (given.heartbeat !== undefined) {
    config.heartbeatMicros = micros("CONFIG_HEARTBEAT", "heartbeat", given.heartbeat);
  }
  if (given.grace !== undefined) config.graceMicros = micros("CONFIG_GRACE", "grace", given.grace);
  if (given.maxData !== undefined) config.maxData = maxData(given.maxData);
  return config;
}

function maxData(given: unknown): number {
  if (Number.isSafeInteger(given) && (given as number) > 0) return given as number;
  throw optionError("CONFIG_MAX_DATA", "maxData", given, "a whole number of bytes from 1 to 65536");
}
