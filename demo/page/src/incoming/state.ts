// Keeps the rule's standing fresh: after answers, while something is used up, and now and then.
import type { RuleView } from "./api.js";
import type { Decider } from "./decider.js";

/** While a quota is in use. */
const BUSY_MS = 250;
/** While nothing is: only another tab can change the rule. */
const IDLE_MS = 3000;

/** A standing, and when (on `performance.now()`) it was true. */
export interface Standing {
  view: RuleView;
  at: number;
}

/** Asks whoever decides how the rule stands. */
export class StatePoll {
  #decider: () => Decider;
  #onState: (state: Standing | undefined) => void;
  #timer: number | undefined;
  #asking = false;
  #again = false;

  /** `decider` tells who decides now; `onState` gets undefined while the server cannot be reached. */
  constructor(decider: () => Decider, onState: (state: Standing | undefined) => void) {
    this.#decider = decider;
    this.#onState = onState;
    document.addEventListener("visibilitychange", () => this.ask());
  }

  /** Asks now; calls made meanwhile become one more question. */
  async ask(): Promise<void> {
    this.#again = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    window.clearTimeout(this.#timer);
    const asked = this.#decider();
    const state = await asked.standing().catch(() => undefined);
    this.#asking = false;
    const stillDecides = asked === this.#decider();
    if (stillDecides) this.use(state);
    if (this.#again || !stillDecides) void this.ask();
  }

  /** Takes a standing that came some other way. */
  use(view: RuleView | undefined): void {
    this.#onState(view && { view, at: performance.now() });
    this.#later(view !== undefined && isInUse(view) ? BUSY_MS : IDLE_MS);
  }

  #later(ms: number): void {
    window.clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = window.setTimeout(() => void this.ask(), ms);
  }
}

function isInUse({ policies }: RuleView): boolean {
  return policies.some(({ resetAfterMs }) => resetAfterMs > 0);
}
