/** Rate limits with stated bounds, decided by one Rust core. See `README.md`. */
export { clientKey } from "./client-key.js";
export { TollgateError } from "./errors.js";
export { type HeaderDialect, toHeaders, toResponse } from "./headers.js";
export { createLimiter } from "./limiter.js";
export { createPacer } from "./pacer/create.js";
export { RateLimitTimeoutError } from "./pacer/errors.js";
export type {
  Job,
  PacedPolicy,
  PaceOptions,
  Pacer,
  PacerEvents,
  PacerOptions,
  PacerStats,
  Retry,
} from "./pacer/types.js";
export type {
  Algorithm,
  Amount,
  CheckOptions,
  Decision,
  Duration,
  HttpOptions,
  Limiter,
  LimiterEvents,
  LimiterStats,
  MemoryLimiter,
  Of,
  Policy,
  PolicyState,
  Rate,
  Redis,
  Rules,
  StoreOptions,
  Unit,
  WaitOptions,
} from "./types.js";
