/**
 * Where the numbers of a pacer's calls are in the scratch array, besides NOW, COST, LISTS, COSTS and LIMITS of
 * `../scratch.ts`. The twin is `boundary/src/pacer.rs`.
 */

/** In: the ticket that a call is about, a duration in microseconds, or the concurrency. */
export const SUBJECT = 3;
/** In: the priority of a submission; the policy that is learnt about. */
export const PRIORITY = 4;
/** In: the lane of a submission; what is left, of what is learnt. */
export const LANE = 5;
/** In: the deadline of a submission, −1 for none; microseconds until the count begins anew, of what is learnt. */
export const DEADLINE = 6;
/** The last of the cells that are read. */
export const LAST_INPUT = DEADLINE;

/** Out: what became of a submission; 1 where a call has found its ticket. */
export const OUTCOME = 3;
export const TICKET = 4;
/** Out: when to drain next in microseconds; −1 for never. */
export const NEXT = 5;
/** Out: how many events there are; of `drain`, how many it hands out. */
export const EVENTS = 6;
export const WAITING = 7;
export const RUNNING = 8;
/** Out: until when there is a pause in microseconds, −1 for none. */
export const PAUSED_UNTIL = 9;
/** Out: the events of `drain`; policy, cost and limit of what is too large. */
export const LIST = 10;
/** Events that one `drain` hands out at most. */
export const MOST_EVENTS = 64;

/** Values of {@link OUTCOME} for a submission. */
export const IS_WAITING = 0;
export const HAS_STARTED = 1;
export const IS_TOO_LARGE = 2;
