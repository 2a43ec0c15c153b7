import { optionError, TollgateError } from "../errors.js";
import type { StoreSpec } from "../store/decider.js";

/** Limiters of one name on one store: how many there are, and what they allow. */
interface Named {
  users: number;
  policies: string;
}

type Names = Map<string, Named>;

const byUrl = new Map<string, Names>();
const byClient = new WeakMap<object, Names>();

/** Name of the only limiter on a store that has none. */
const UNNAMED = "default";

/**
 * Takes the name of a limiter on a store, so that no other shares its counts by accident.
 *
 * @returns what gives it back.
 * @throws TollgateError `CONFIG_NAME`
 */
export function takeName(redis: string | object, spec: StoreSpec): () => void {
  const names = namesOn(redis);
  const id = `${spec.prefix}\n${spec.name ?? ""}`;
  const policies = JSON.stringify(spec.policies);
  const named = names.get(id) ?? { users: 0, policies };
  if (named.users > 0) checkShared(spec, named.policies === policies);
  named.users++;
  names.set(id, named);
  return () => giveBack(names, id, named);
}

function namesOn(redis: string | object): Names {
  const known = typeof redis === "string" ? byUrl.get(redis) : byClient.get(redis);
  if (known !== undefined) return known;
  const names: Names = new Map();
  if (typeof redis === "string") byUrl.set(redis, names);
  else byClient.set(redis, names);
  return names;
}

/** The name of a limiter in keys, or of a bus in channels. */
export function nameOf({ name }: { name?: string | undefined }): string {
  if (name === undefined) return UNNAMED;
  if (typeof name === "string" && name !== "" && new TextEncoder().encode(name).length <= 256) return name;
  throw optionError("CONFIG_NAME", "name", name, "a text of 1 to 256 bytes");
}

function checkShared({ name }: StoreSpec, same: boolean): void {
  if (name === undefined) {
    throw new TollgateError(
      "CONFIG_NAME",
      "name: undefined is not allowed for a second limiter on one Redis; expected a name of its own",
      "Name the limiters on one Redis: those of one name share their counts, in all processes.",
    );
  }
  if (same) return;
  throw new TollgateError(
    "CONFIG_NAME",
    `name: ${JSON.stringify(name)} is not allowed for two sets of policies on one Redis; expected another name`,
    "Give each limiter a name of its own, or the same policies to limiters that share one.",
  );
}

function giveBack(names: Names, id: string, named: Named): void {
  named.users--;
  if (named.users === 0 && names.get(id) === named) names.delete(id);
}
