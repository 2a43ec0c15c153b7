// The gate: whether a request would pass now, and if not, when.
import { element, setText } from "../page.js";
import { timeLeft } from "../time-text.js";
import type { Standing } from "./state.js";

type Mood = "yes" | "wait" | "never" | "lost";

/** The gate with its word. */
export class Verdict {
  #panel = element("answer", HTMLElement);
  #word = element("verdict", HTMLElement);
  #why = element("verdict-why", HTMLElement);

  /** Shows the verdict of a standing at `now`; the countdown runs between two standings. */
  show(state: Standing | undefined, now: number): void {
    const { mood, text, reason } = state === undefined ? lost() : verdict(state, now);
    this.#panel.dataset.state = mood;
    setText(this.#word, text);
    setText(this.#why, reason);
  }
}

function verdict({ view, at }: Standing, now: number): { mood: Mood; text: string; reason: string } {
  const { allowed, cost, retryAfterMs, policies, heldBackBy } = view;
  const what = cost === 1 ? "A request" : `A request that costs ${cost}`;
  if (allowed) return { mood: "yes", text: "Yes.", reason: `${what} would be allowed.` };
  const refused = policies.length > 1 ? `${heldBackBy} refuses it` : "it would be refused";
  if (retryAfterMs === null) {
    return { mood: "never", text: "Never.", reason: `${what} does not fit, however long it waits: lower the cost.` };
  }
  const left = Math.max(0, retryAfterMs - (now - at));
  return { mood: "wait", text: `In ${timeLeft(left)}`, reason: `${what} may go then; until then ${refused}.` };
}

function lost(): { mood: Mood; text: string; reason: string } {
  return { mood: "lost", text: "No answer.", reason: "The server does not respond; trying again every few seconds." };
}
