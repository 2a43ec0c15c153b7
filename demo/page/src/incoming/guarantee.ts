// What an algorithm guarantees, in one sentence, with the numbers of the form.
import type { Algorithm } from "./api.js";

/** The promise of an algorithm for these values. */
export function guarantee(algorithm: Algorithm, typed: { limit: string; window: string; burst: string }): string {
  const limit = count(typed.limit) ?? "the limit";
  const window = typed.window.trim() || "a window";
  switch (algorithm) {
    case "fixed-window":
      return `At most ${limit} between two window starts; across an edge up to ${twice(typed.limit)} can go within ${window}.`;
    case "sliding-window":
      return `Never more than ${limit} in any ${window}, wherever it begins; what was used comes back up to a tenth of the window late.`;
    case "token-bucket":
      return `At most ${count(typed.burst) ?? limit} at once, and ${limit} per ${window} flow in: burst + rate × Δt in any Δt, exactly.`;
  }
}

function twice(limit: string): string {
  return count(limit) === undefined ? "twice as many" : String(2 * Number(limit));
}

/** A text that is a number of requests. */
function count(text: string): string | undefined {
  return /^\d+$/.test(text.trim()) ? text.trim() : undefined;
}
