/** Whether an answer is still to come. Where it is not, no promise is made and no turn of the event loop lost. */
export function isPending<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof answer === "object" && answer !== null && typeof (answer as { then?: unknown }).then === "function";
}

/** What was thrown, as what frameworks take for an error: `next(undefined)` or `next("route")` would let it through. */
export function thrown(error: unknown): Error {
  return typeof error === "object" && error !== null ? (error as Error) : new Error(`thrown: ${String(error)}`);
}
