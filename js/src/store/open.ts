import { TollgateError } from "../errors.js";
import { DECIDER, type Decider, isDeciderSource, type StoreSpec } from "./decider.js";

/**
 * Makes the decider for what was given as `redis`.
 *
 * @throws TollgateError `CONFIG_REDIS` where it is nothing that could decide.
 */
export function openDecider(redis: unknown, spec: StoreSpec): Decider {
  if (isDeciderSource(redis)) return redis[DECIDER](spec);
  throw new TollgateError(
    "CONFIG_REDIS",
    "redis: a Redis URL or client is not allowed; expected undefined: this version keeps limits in memory",
    "Leave redis out (and REDIS_URL unset) to limit within this process.",
  );
}
