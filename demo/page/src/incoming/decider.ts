// Who decides: what the page asks of an engine, wherever that is.
import { type Answer, hit, type RuleView, readState } from "./api.js";

/** Decides whether the requests of this tab may go. */
export interface Decider {
  /** Asks to go. */
  hit(): Promise<Answer>;
  /** The rule in force, and how it stands for this tab; consumes nothing. */
  standing(): Promise<RuleView>;
  /** Takes a rule that the server has put in force; says how it stands. */
  adopt(rule: RuleView): RuleView;
}

/** The server: it has the rule, so that there is nothing to adopt. */
export const server: Decider = { hit, standing: readState, adopt: (rule) => rule };
