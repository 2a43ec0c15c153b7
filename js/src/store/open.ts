import { redisDecider } from "../redis/open-redis.js";
import { DECIDER, type Decider, isDeciderSource, type StoreSpec } from "./decider.js";

/**
 * Makes the decider for what was given as `redis`.
 *
 * @throws TollgateError `CONFIG_REDIS` where it is nothing that could decide, `CONFIG_NAME` where it counts already for
 * another limiter.
 */
export function openDecider(redis: unknown, spec: StoreSpec): Decider {
  return isDeciderSource(redis) ? redis[DECIDER](spec) : redisDecider(redis, spec);
}
