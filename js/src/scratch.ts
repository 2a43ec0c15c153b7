/**
 * The array through which the numbers of an engine call travel, one for each environment. Its twin is
 * `boundary/src/scratch.rs`. All numbers are whole and at most 2^53 − 1.
 */
export const scratch = new Float64Array(316);

/** In: the time of the call in microseconds; for `headers` the wall time in seconds. */
export const NOW = 0;
/** In: the cost for every policy; for `block` the duration in microseconds. */
export const COST = 1;
/** In: which lists are to be read. */
export const LISTS = 2;
/** Out: 1 when allowed. */
export const ALLOWED = 3;
/** Out: index of the binding policy. */
export const BINDING = 4;
/** Out: microseconds, −1 for never. */
export const RETRY_AFTER = 5;
/** Out: the limiter's time of the decision. */
export const AT = 6;
/** Out: 1 when the key is blocked. */
export const BLOCKED = 7;
/** Out: for each policy its limit, remaining, reset after, retry after, charged. */
export const POLICIES = 8;
export const POLICY_LENGTH = 5;
/** In: a cost for each policy. */
export const COSTS = 88;
/** In: a limit for each policy, 0 for its own. */
export const LIMITS = 104;

/** In: the numbers of a store's reply: the time, then those of one decision. */
export const REPLY = 120;

/** Bits of {@link LISTS}. */
export const READ_COSTS = 1;
export const READ_LIMITS = 2;
