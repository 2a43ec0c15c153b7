/** Rate limits with stated bounds, decided by one Rust core. See `README.md`. */
export { createBus } from "./bus/bus.js";
export type { Bus, BusEvents, BusOptions, BusStats, Resync } from "./bus/types.js";
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
  PacerUpdate,
  Retry,
  Share,
} from "./pacer/types.js";
export {
  type Attached,
  type AttachOptions,
  attachPresence,
  type MemberOf,
  type SocketServer,
} from "./presence/attach.js";
export { createPresence } from "./presence/presence.js";
export type { PresentSocket } from "./presence/present-socket.js";
export type {
  Member,
  Membership,
  NewMember,
  Presence,
  PresenceChange,
  PresenceEvent,
  PresenceEvents,
  PresenceOptions,
} from "./presence/types.js";
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
