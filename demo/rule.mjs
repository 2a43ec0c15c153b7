// The rule of /api/hit, which the page changes while the server runs.
import { createLimiter, TollgateError } from "tollgate";
import { rateLimit } from "tollgate/express";

/** The page has room for this many charts. */
const MOST_POLICIES = 2;

/** A limiter with its middleware; both are replaced as one when the rule changes. */
export class LiveRule {
  #key;
  #redis;
  #revision;
  #asked;
  #now;

  /**
   * Begins with a rule; `key` tells whose request it is. The count is in `redis`, where there is one. A page that
   * outlives a restart must not take the new rule for the old one, so the first revision is the time.
   */
  static async begin({ redis, ...options }, key, revision = Date.now()) {
    const rule = new LiveRule(redis, key);
    await rule.#replace(options, revision);
    return rule;
  }

  constructor(redis, key) {
    this.#redis = redis;
    this.#key = key;
  }

  /** Limits by the rule of this moment. */
  middleware = (req, res, next) => this.#now.middleware(req, res, next);

  /**
   * Replaces the rule by what createLimiter takes, and a `cost`.
   *
   * Rejects with a TollgateError from createLimiter; the old rule then stays.
   */
  async change(asked) {
    if (typeof asked !== "object" || asked === null) throw notAnObject(asked);
    await this.#replace(asked, Math.max(Date.now(), this.#revision + 1));
  }

  /** The rule, as other processes take it over. */
  get shared() {
    return { asked: this.#asked, revision: this.#revision };
  }

  /** Takes over the rule of another process, unless this one's is newer. */
  async follow({ asked, revision }) {
    if (revision > this.#revision) await this.#replace(asked, revision);
  }

  /** The rule, and how it stands for whoever asks; consumes nothing. */
  async view(req) {
    const { limiter, cost, policies } = this.#now;
    const revision = this.#revision;
    const decision = await limiter.peek(this.#key(req), { cost });
    return {
      revision,
      cost,
      policies: policies.map((policy, i) => ({ ...policy, ...standing(decision.policies[i]) })),
      allowed: decision.allowed,
      heldBackBy: decision.policy,
      retryAfterMs: Number.isFinite(decision.retryAfterMs) ? decision.retryAfterMs : null,
      source: decision.source,
    };
  }

  close() {
    return this.#now.limiter.close();
  }

  async #replace(asked, revision) {
    const made = await this.#make(asked, revision);
    // Of two changes at once the newer one holds, whichever is ready first.
    if (this.#now !== undefined && revision <= this.#revision) return made.limiter.close();
    const old = this.#now;
    this.#now = made;
    this.#revision = revision;
    this.#asked = asked;
    return old?.limiter.close();
  }

  async #make({ cost = 1, ...options }, revision) {
    const policies = (options.policies ?? [options]).map?.(asObject) ?? [];
    if (policies.length > MOST_POLICIES) throw tooMany(policies.length);
    // Each rule has a name of its own in the store, so that one that comes back begins anew.
    const store = this.#redis === undefined ? {} : { name: `page-${revision}`, redis: this.#redis };
    const limiter = createLimiter({ ...options, ...store, maxKeys: 10_000 });
    try {
      await limiter.peek("", { cost }); // Rejects when the cost is not one.
    } catch (error) {
      await limiter.close();
      throw error;
    }
    const middleware = rateLimit({ limiter, key: this.#key, cost: () => cost, onLimited: tellSource });
    return { limiter, middleware, policies, cost };
  }
}

/** Says who decided: the store, or this process because the store failed. */
export function tellSource({ res }, { source }) {
  res.set("X-Decided-By", source);
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
