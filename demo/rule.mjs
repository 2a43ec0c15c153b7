// The rule of /api/hit, which the page changes while the server runs.
import { createLimiter, TollgateError } from "tollgate";
import { rateLimit } from "tollgate/express";

/** The page has room for this many charts. */
const MOST_POLICIES = 2;

/** A limiter with its middleware; both are replaced as one when the rule changes. */
export class LiveRule {
  #key;
  #revision = Date.now(); // A page that outlives a restart must not take the new rule for the old one.
  #now;

  /** Begins with `policies`; `key` tells whose request it is. */
  constructor(options, key) {
    this.#key = key;
    this.#now = this.#make(options, 1);
  }

  /** Limits by the rule of this moment. */
  middleware = (req, res, next) => this.#now.middleware(req, res, next);

  /**
   * Replaces the rule by what createLimiter takes, and a `cost`.
   *
   * @throws TollgateError from createLimiter; the old rule then stays.
   */
  change(asked) {
    if (typeof asked !== "object" || asked === null) throw notAnObject(asked);
    const { cost = 1, ...options } = asked;
    const old = this.#now;
    this.#now = this.#make(options, cost);
    this.#revision++;
    return old.limiter.close();
  }

  /** The rule, and how it stands for whoever asks; consumes nothing. */
  view(req) {
    const { limiter, cost, policies } = this.#now;
    const decision = limiter.peekSync(this.#key(req), { cost });
    return {
      revision: this.#revision,
      cost,
      policies: policies.map((policy, i) => ({ ...policy, ...standing(decision.policies[i]) })),
      allowed: decision.allowed,
      heldBackBy: decision.policy,
      retryAfterMs: Number.isFinite(decision.retryAfterMs) ? decision.retryAfterMs : null,
    };
  }

  close() {
    return this.#now.limiter.close();
  }

  #make(options, cost) {
    const policies = (options.policies ?? [options]).map?.(asObject) ?? [];
    if (policies.length > MOST_POLICIES) throw tooMany(policies.length);
    const limiter = createLimiter({ ...options, maxKeys: 10_000 });
    limiter.peekSync("", { cost }); // Throws when the cost is not one.
    const middleware = rateLimit({ limiter, key: this.#key, cost: () => cost });
    return { limiter, middleware, policies, cost };
  }
}

function standing({ name, remaining, resetAfterMs }) {
  return { name, remaining, resetAfterMs };
}

/** A policy as the page's fields show it. */
function asObject(policy) {
  if (typeof policy !== "string") return { algorithm: "fixed-window", ...policy };
  const [limit, window = ""] = policy.split(/\s+per\s+|\s*\/\s*/);
  const written = window.trim();
  return { algorithm: "fixed-window", limit: Number(limit), window: /^\d/.test(written) ? written : `1 ${written}` };
}

function tooMany(count) {
  return new TollgateError(
    "DEMO_POLICIES",
    `policies: ${count} policies are not allowed; expected one or two`,
    "The package takes up to 16 policies; this page has charts for two.",
  );
}

function notAnObject(asked) {
  return new TollgateError(
    "DEMO_RULE",
    `rule: ${JSON.stringify(asked)} is not allowed; expected a JSON object such as {"limit": 10, "window": "10s"}`,
    "Send the options of createLimiter as JSON, with Content-Type: application/json.",
  );
}
