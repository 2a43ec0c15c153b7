import { optionError } from "../errors.js";

/** The part of each limit that a process may allow by itself: a number, or what says it at each use. */
export type LocalShare = number | (() => number);

/** Accepts a part, or a function that returns one. */
export function checkedLocalShare(given: unknown = 1): LocalShare {
  if (isPart(given) || typeof given === "function") return given as LocalShare;
  const allowed = "a number above 0, and at most 1 for the whole limit, or a function that returns one";
  throw optionError("CONFIG_LOCAL_SHARE", "localShare", given, allowed);
}

/** What says the part at each use. Where it says nothing usable, the last word holds, and at first the whole limit. */
export function partNow(share: LocalShare): () => number {
  if (typeof share === "number") return () => share;
  let last = 1;
  return () => {
    try {
      const told = share();
      if (isPart(told)) last = told;
    } catch {
      // Who asks for a call is not who is to hear of it.
    }
    return last;
  };
}

function isPart(given: unknown): given is number {
  return typeof given === "number" && given > 0 && given <= 1;
}
