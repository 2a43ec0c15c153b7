/** How the middlewares tell a limiter that a refusal was let through. */
export const WOULD_DENY: unique symbol = Symbol("tollgate.wouldDeny");
