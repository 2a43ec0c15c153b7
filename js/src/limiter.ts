import { InMemoryLimiter } from "./memory-limiter.js";
import { seededLimiter } from "./seeded.js";
import { storeSettings } from "./store/settings.js";
import { StoreLimiter } from "./store/store-limiter.js";
import type { Limiter, LimiterOptions, MemoryLimiter, Redis } from "./types.js";
import { limiterConfig } from "./validate.js";

/**
 * Makes a limiter: one policy, or several that must all allow a call. Without `redis` its state is in this process;
 * with it, in a store that all processes share.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function createLimiter<const N extends string = "default">(
  options: LimiterOptions<N> & { redis?: undefined },
): MemoryLimiter<N>;
export function createLimiter<const N extends string = "default">(options: LimiterOptions<N>): Limiter<N>;
export function createLimiter<N extends string>(options: LimiterOptions<N>): Limiter<N> {
  const config = limiterConfig(options);
  const settings = storeSettings(options);
  if (options.redis === undefined) return new InMemoryLimiter<N>(seededLimiter(config));
  return new StoreLimiter<N>(config, settings, options.redis);
}

/** What a middleware makes its limiter from: `redis` may be a function, whose store comes with each call. */
export type HttpLimiterOptions<N extends string> = Omit<LimiterOptions<N>, "redis"> & { redis?: unknown };

/** {@link createLimiter} for a middleware; a limiter without a name has `storeName` in the store. */
export function createHttpLimiter<N extends string>(options: HttpLimiterOptions<N>, storeName?: string): Limiter<N> {
  const config = limiterConfig(options);
  const settings = storeSettings(options);
  const { redis } = options;
  if (redis === undefined) return new InMemoryLimiter<N>(seededLimiter(config));
  const named = { ...settings, name: settings.name ?? storeName };
  return new StoreLimiter<N>(config, named, typeof redis === "function" ? undefined : (redis as Redis));
}
