import { machines } from "../machines.js";
import type { Call } from "./call.js";
import type { CallQueue } from "./queue.js";

/** One limit that a response tells about. */
interface ToldLimit {
  name: string;
  quota: number | undefined;
  remaining: number | undefined;
  resetMicros: number | undefined;
}

/** What header fields tell about limits. */
export interface Told {
  retryAfterMicros: number | undefined;
  limits: ToldLimit[];
}

/** Fields that may tell something: the engine decides. */
const FIELDS = /ratelimit|^retry-after|^age$/i;

/** Reads header fields: `Headers`, anything with such a `forEach`, or a plain object. */
export function readTold(headers: unknown): Told {
  let lines = "";
  eachField(headers, (name, value) => {
    if (FIELDS.test(name)) lines += `${name}: ${String(value).replaceAll("\n", " ")}\n`;
  });
  if (lines === "") return { retryAfterMicros: undefined, limits: [] };
  const [retryAfter = "", ...limits] = machines.told(lines, Math.floor(Date.now() / 1000)).split("\n");
  return { retryAfterMicros: count(retryAfter), limits: limits.map(toldLimit) };
}

function toldLimit(line: string): ToldLimit {
  const [name = "", quota, remaining, reset] = line.split("\t");
  return { name, quota: count(quota), remaining: count(remaining), resetMicros: count(reset) };
}

function count(text: string | undefined): number | undefined {
  return text === undefined || text === "" ? undefined : Number(text);
}

function eachField(headers: unknown, use: (name: string, value: unknown) => void): void {
  if (typeof headers !== "object" || headers === null) return;
  if ("forEach" in headers && typeof headers.forEach === "function") {
    headers.forEach((value: unknown, name: unknown) => {
      use(String(name), value);
    });
  } else {
    for (const [name, value] of Object.entries(headers)) use(name, value);
  }
}

/** How long limits that are used up ask to wait, in microseconds. */
export function usedUpMicros({ limits }: Told): number | undefined {
  const resets = limits.filter(({ remaining }) => remaining === 0).map(({ resetMicros }) => resetMicros ?? 0);
  const longest = Math.max(0, ...resets);
  return longest > 0 ? longest : undefined;
}

/**
 * Passes on what a response tells that the other side has left. A limit that is none of ours holds everything back when
 * it is used up.
 */
export function learnFrom(queue: CallQueue, call: Call, told: Told): void {
  const unknown: ToldLimit[] = [];
  for (const limit of told.limits) {
    const { remaining, resetMicros } = limit;
    const policy = policyOf(queue, limit, told.limits.length);
    if (policy < 0) unknown.push(limit);
    else if (remaining !== undefined && resetMicros !== undefined) queue.learn(call, policy, remaining, resetMicros);
  }
  const wait = usedUpMicros({ ...told, limits: unknown });
  if (wait !== undefined) queue.pause(wait, "used up");
}

/** Which of our policies a limit is: by its name, or as the only one, or by its quota; −1 for none. */
function policyOf({ names, quotas }: CallQueue, { name, quota }: ToldLimit, told: number): number {
  const named = names.indexOf(name);
  if (named >= 0 || (names.length === 1 && told === 1)) return Math.max(0, named);
  return quota === undefined ? -1 : quotas.indexOf(quota);
}
