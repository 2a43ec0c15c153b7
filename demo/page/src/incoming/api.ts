// Speaks to the demo server.

/** How a limit is counted. */
export type Algorithm = "fixed-window" | "sliding-window" | "token-bucket";

/** A policy as it was written, and how it stands for this tab. */
export interface PolicyView {
  name: string;
  algorithm: Algorithm;
  limit: number;
  window: string | number;
  burst?: number;
  blockFor?: string | number;
  remaining: number;
  resetAfterMs: number;
}

/** The rule of /api/hit, and whether a request of this tab would pass now. */
export interface RuleView {
  /** Another one after each change of the rule. */
  revision: number;
  cost: number;
  policies: PolicyView[];
  allowed: boolean;
  /** Name of the policy that binds. */
  heldBackBy: string;
  /** Milliseconds until a refused request would pass; null when it never fits. */
  retryAfterMs: number | null;
}

/** The answer to one request. */
export interface Answer {
  /** The HTTP status; 0 when the server could not be reached. */
  status: number;
  /** Header fields about the limit, in the order to be shown. */
  fields: [name: string, value: string][];
  /** Positions of the policies that refused. */
  refusedBy: number[];
  /** How many policies the answer speaks of. */
  policies: number;
  /** Which of several server processes answered. */
  process?: string | undefined;
  /** Who decided; undefined where the answer does not say. */
  source?: Source | undefined;
}

/** The store, or this process, or nobody because the store failed. */
export type Source = "memory" | "store" | "cache" | "local" | "open" | "closed";

/** Why a rule was refused. */
export class RuleRefused extends Error {
  readonly code: string;
  readonly hint: string;

  constructor({ code, message, hint }: { code: string; message: string; hint: string }) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

const FIELDS = ["RateLimit", "Retry-After", "RateLimit-Policy"];
const headers = { "X-Client-Id": clientId() };

/** Asks the server to go. */
export async function hit(): Promise<Answer> {
  try {
    return await readAnswer(await fetch("/api/hit", { headers, cache: "no-store" }));
  } catch {
    return { status: 0, fields: [], refusedBy: [], policies: 0 };
  }
}

/** How the rule stands on the server; consumes nothing. */
export async function readState(): Promise<RuleView> {
  const response = await fetch("/api/state", { headers, cache: "no-store" });
  if (!response.ok) throw new Error(`GET /api/state answered ${response.status}`);
  return response.json() as Promise<RuleView>;
}

/**
 * Puts a rule in force for everyone.
 *
 * @throws RuleRefused when the server does not accept it.
 */
export async function changeRule(rule: { policies: unknown[]; cost: unknown }): Promise<RuleView> {
  const response = await fetch("/api/rule", {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(rule),
  });
  const body = await response.json();
  if (!response.ok) throw new RuleRefused(body);
  return body as RuleView;
}

/** What a response says about the limit. */
export async function readAnswer(response: Response): Promise<Answer> {
  const body: unknown = await response.json();
  const fields = FIELDS.map((name): [string, string] => [name, response.headers.get(name) ?? ""]);
  const names = policyNames(response.headers.get("RateLimit-Policy") ?? "");
  const violated = (body as { "violated-policies"?: string[] })["violated-policies"] ?? [];
  return {
    status: response.status,
    fields: fields.filter(([, value]) => value !== ""),
    refusedBy: violated.map((name) => names.indexOf(name)).filter((position) => position >= 0),
    policies: names.length,
    process: response.headers.get("X-Process") ?? undefined,
    source: (response.headers.get("X-Decided-By") as Source | null) ?? undefined,
  };
}

/** Names in a RateLimit-Policy field: `"burst";q=10;w=1, "daily";q=1000` has two. */
function policyNames(field: string): string[] {
  return [...field.matchAll(/"((?:[^"\\]|\\.)*)"\s*;\s*q=/g)].map(([, name = ""]) => name.replace(/\\(.)/g, "$1"));
}

/** A name for this tab that a reload keeps. */
function clientId(): string {
  const id = sessionStorage.getItem("client-id") ?? crypto.randomUUID();
  sessionStorage.setItem("client-id", id);
  return id;
}
