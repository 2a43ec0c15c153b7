import type { EnginePeersConfig } from "../machines.js";
import { machines } from "../machines.js";
import type { PacerSettings } from "../pacer/options.js";
import type { Duration } from "../types.js";
import { checkOptions, micros, optionError } from "../validate.js";

/** How processes share the quota of a pacer. */
export type Share =
  | "peers"
  | {
      mode: "peers";
      /** Begin with the whole quota instead of none: after a join, up to processes × quota for a moment. */
      fastStart?: boolean;
      /**
       * Begin later: a heartbeat, a window and some seconds after the join, when a process that cannot be heard has
       * given up its share. Without it, one that is cut off while another joins counts twice until then.
       */
      strictStart?: boolean;
      /** At least one process has a share of so many: the largest cost in use. Of one policy; replaces `split`. */
      rateLowerBound?: number;
      /**
       * `"even"`, the default: the shares add up to the quota, and where it is too small for everybody, those who wait
       * take turns. `"floor"`: what p-ratelimit does, the remainder is lost.
       */
      split?: "even" | "floor";
      /** Of the whole group; a process not heard of for three is dropped. 100 ms to 1 h, 30 s when absent. */
      heartbeat?: Duration;
    };

/** How a process joins a group. */
export interface ShareSettings {
  redis: unknown;
  /** The channel of the group; a second one has `:x` after it. */
  channel: string;
  peers: EnginePeersConfig;
}

/** The number that stands for a heartbeat that is not given: p-ratelimit's. */
export const HEARTBEAT_MS = 30_000;
const LONGEST_NAME = 256;
const LONGEST_WINDOW = 60_000_000;
const SHARE_OPTIONS = ["mode", "fastStart", "strictStart", "rateLowerBound", "split", "heartbeat"];

/** Checks the options of a pacer about sharing; undefined for one that keeps its quota. */
export function shareSettings(given: Record<string, unknown>, pacer: PacerSettings): ShareSettings | undefined {
  const { redis, share, name } = given;
  if (redis === undefined) {
    if (share === undefined) return undefined;
    throw optionError("CONFIG_SHARE", "share", share, "undefined without redis: who shares says where the others are");
  }
  const { rateLowerBound, split = "even", heartbeat = HEARTBEAT_MS, ...flags } = checkedShare(share);
  const fastStart = checkedFlag("fastStart", flags.fastStart);
  if (split !== "even" && split !== "floor") throw optionError("CONFIG_SPLIT", "split", split, '"even" or "floor"');
  return groupSettings({
    redis,
    name: checkedName("name", name),
    pacer,
    fastStart,
    strictStart: checkedFlag("strictStart", flags.strictStart),
    rateLowerBound,
    split,
    heartbeatMicros: micros("CONFIG_HEARTBEAT", "heartbeat", heartbeat),
  });
}

/** What a group is made from. */
export interface GroupOptions {
  redis: unknown;
  name: string;
  pacer: PacerSettings;
  fastStart: boolean;
  strictStart: boolean;
  rateLowerBound: unknown;
  split: "even" | "floor";
  heartbeatMicros: number;
}

/** How a process joins the group of a name. The windows of the pacer become longer by what its clock may be fast. */
export function groupSettings(given: GroupOptions): ShareSettings {
  const { policies, concurrency } = given.pacer.engine;
  const intervalMicros = Math.max(0, ...policies.map(({ windowMicros }) => windowMicros));
  if (intervalMicros > LONGEST_WINDOW) {
    throw optionError("CONFIG_INTERVAL", "window", `${intervalMicros / 1000} ms`, "at most 60 s for a shared quota");
  }
  const least = given.rateLowerBound === undefined ? 0 : lowerBound(given.rateLowerBound, policies[0]?.limit);
  if (least > 0 && policies.length > 1) {
    throw optionError("CONFIG_RATE_LOWER_BOUND", "rateLowerBound", least, "undefined where there are several policies");
  }
  const peers: EnginePeersConfig = {
    limits: policies.map(({ limit }) => limit),
    intervalMicros,
    ...(concurrency === undefined ? {} : { concurrency }),
    split: least > 0 ? "bound" : given.split,
    least,
    fastStart: given.fastStart,
    strictStart: given.strictStart,
    heartbeatMicros: given.heartbeatMicros,
  };
  for (const policy of policies) policy.windowMicros = machines.guardedInterval(policy.windowMicros);
  return { redis: given.redis, channel: `ratelimit-${given.name}`, peers };
}

/** Accepts the name of a group. */
export function checkedName(field: string, given: unknown): string {
  if (typeof given === "string" && given.length > 0 && given.length <= LONGEST_NAME) return given;
  throw optionError(
    "CONFIG_NAME",
    field,
    given,
    `a text of 1 to ${LONGEST_NAME} characters: all who share use the same`,
  );
}

function checkedFlag(field: string, given: unknown = false): boolean {
  if (typeof given === "boolean") return given;
  throw optionError("CONFIG_FLAG", field, given, "true or false");
}

function lowerBound(given: unknown, limit: number | undefined): number {
  if (limit !== undefined && Number.isSafeInteger(given) && (given as number) >= 1 && (given as number) <= limit) {
    return given as number;
  }
  const allowed = limit === undefined ? "undefined without a limit" : `a whole number from 1 to the limit, ${limit}`;
  throw optionError("CONFIG_RATE_LOWER_BOUND", "rateLowerBound", given, allowed);
}

function checkedShare(given: unknown): Record<string, unknown> {
  const mode = typeof given === "object" && given !== null ? (given as { mode?: unknown }).mode : given;
  if (mode === "lease") {
    throw optionError("CONFIG_SHARE", "share", mode, '"peers" in this version; "lease" comes with a later one');
  }
  if (mode !== undefined && mode !== "peers")
    throw optionError("CONFIG_SHARE", "share", given, '"peers", or an object');
  if (given === undefined || given === "peers") return {};
  checkOptions("share", given, SHARE_OPTIONS);
  return given;
}
