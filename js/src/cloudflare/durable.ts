import { show, TollgateError } from "../errors.js";
import { DECIDER, type DeciderSource } from "../store/decider.js";
import { DurableDecider } from "./durable-decider.js";
import type { DurableNamespace } from "./runtime.js";

/** One for each namespace, because a middleware asks at each request. */
const known = new WeakMap<object, DeciderSource>();

/**
 * What to give as `redis` where limits are to hold for the whole world: `redis: (c) => durable(c.env.TOLLGATE)`. The
 * namespace is bound to the class `TollgateObject`; each key has an object of its own.
 *
 * @throws TollgateError `CONFIG_NAMESPACE` where it is no namespace of Durable Objects.
 */
export function durable(namespace: DurableNamespace): DeciderSource {
  if (!isNamespace(namespace)) throw noNamespace(namespace);
  let source = known.get(namespace);
  if (source === undefined) {
    source = { [DECIDER]: (spec) => new DurableDecider(namespace, spec) };
    known.set(namespace, source);
  }
  return source;
}

function isNamespace(given: unknown): given is DurableNamespace {
  if (typeof given !== "object" || given === null) return false;
  const { idFromName, get } = given as Partial<DurableNamespace>;
  return typeof idFromName === "function" && typeof get === "function";
}

function noNamespace(given: unknown): TollgateError {
  return new TollgateError(
    "CONFIG_NAMESPACE",
    `namespace: ${show(given)} is not allowed; expected a namespace of Durable Objects, such as env.TOLLGATE`,
    "Bind the class TollgateObject under that name in wrangler.toml, with a migration that names it. See docs/edge.md.",
  );
}
