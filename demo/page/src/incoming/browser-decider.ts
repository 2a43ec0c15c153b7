// Decides in this page, with the package as its users import it.
import type { MemoryLimiter, Policy } from "tollgate";
import { loadTollgate } from "../tollgate.js";
import { type Answer, type PolicyView, type RuleView, readAnswer, readState } from "./api.js";
import type { Decider } from "./decider.js";

type Tollgate = typeof import("tollgate");

/** One tab, one caller. */
const KEY = "this tab";

/** A limiter in WebAssembly that keeps the server's rule, and counts for itself. */
export class BrowserDecider implements Decider {
  #tollgate: Tollgate;
  #rule: RuleView;
  #limiter: MemoryLimiter<string>;

  private constructor(tollgate: Tollgate, rule: RuleView) {
    this.#tollgate = tollgate;
    this.#rule = rule;
    this.#limiter = tollgate.createLimiter<string>(limits(rule));
  }

  /** Fetches and starts the engine; rejects with the TollgateError that says why it cannot. */
  static async start(rule: RuleView): Promise<BrowserDecider> {
    return new BrowserDecider(await loadTollgate(), rule);
  }

  /** A decision, told in the response that a server would send. */
  hit(): Promise<Answer> {
    const decision = this.#limiter.checkSync(KEY, { cost: this.#rule.cost });
    const { toHeaders, toResponse } = this.#tollgate;
    return readAnswer(
      decision.allowed ? Response.json({ ok: true }, { headers: toHeaders(decision) }) : toResponse(decision),
    );
  }

  /** Looks for a change of the rule first; a server that does not answer has changed nothing. */
  async standing(): Promise<RuleView> {
    return this.adopt(await readState().catch(() => this.#rule));
  }

  /** Begins anew with another rule. */
  adopt(rule: RuleView): RuleView {
    if (rule.revision !== this.#rule.revision) {
      void this.#limiter.close();
      this.#limiter = this.#tollgate.createLimiter<string>(limits(rule));
      this.#rule = rule;
    }
    return this.#view();
  }

  #view(): RuleView {
    const { revision, cost, policies } = this.#rule;
    const { allowed, policy, retryAfterMs, policies: states } = this.#limiter.peekSync(KEY, { cost });
    return {
      revision,
      cost,
      policies: policies.map((written, i) => ({ ...written, ...states[i] })),
      allowed,
      heldBackBy: policy,
      retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : null,
    };
  }
}

function limits({ policies }: RuleView) {
  return { policies: policies.map(asWritten) };
}

/** What the server's limiter was made from, without how it stands there. */
function asWritten({ name, algorithm, limit, window, burst, blockFor }: PolicyView): Policy<string> {
  return {
    name,
    algorithm,
    limit,
    window: window as Policy["window"],
    ...(burst !== undefined && { burst }),
    ...(blockFor !== undefined && { blockFor: blockFor as Policy["window"] }),
  };
}
