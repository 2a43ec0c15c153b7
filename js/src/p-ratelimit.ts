/** The interface of p-ratelimit: change the import, and nothing else. See `docs/pacing.md`. */

import { optionError } from "./errors.js";
import type { Quota } from "./p-ratelimit/quota.js";
import { QuotaManager, queueOf } from "./p-ratelimit/quota-manager.js";

export { TollgateError } from "./errors.js";
export type { Quota } from "./p-ratelimit/quota.js";
export { QuotaManager } from "./p-ratelimit/quota-manager.js";
export { RedisQuotaManager } from "./p-ratelimit/redis-quota-manager.js";
export { RateLimitTimeoutError } from "./pacer/errors.js";

/**
 * A function that calls others as soon as the quota allows: `limit(() => call())`. A call of weight `w` takes `w` of
 * `rate`; one above the whole rate rejects at once.
 *
 * @throws TollgateError where the quota cannot be used.
 */
export function pRateLimit(
  quotaOrManager: Quota | QuotaManager,
): <T>(fn: () => T | PromiseLike<T>, weight?: number) => Promise<T> {
  const manager = quotaOrManager instanceof QuotaManager ? quotaOrManager : new QuotaManager(quotaOrManager);
  const queue = queueOf(manager);
  return (fn, weight) => {
    if (typeof fn !== "function") return Promise.reject(optionError("CONFIG_FUNCTION", "fn", fn, "a function"));
    return queue.pace(() => fn(), weight === undefined ? undefined : { cost: weight });
  };
}
