import type { EngineScript } from "../engine-store.js";
import { TollgateError } from "../errors.js";
import { type EngineCall, presenceScripts } from "../machines.js";
import type { Commands } from "../redis/commands.js";
import { Deadline } from "../redis/deadline.js";
import { type Link, linkOf } from "../redis/link.js";

/** Partitions of presence are other slots of a Cluster than those of limits: they fail by themselves. */
const PLACES_OF_LIMITS = 1_024;

/** Runs the scripts of presence, each call with a deadline. */
export class Scripts {
  readonly link: Link;
  /** Whether a failure has been told since the last answer. */
  isFailing = false;
  #timeoutMs: number;

  constructor(commands: Commands, timeoutMs: number) {
    this.link = linkOf(commands);
    this.#timeoutMs = timeoutMs;
  }

  /** Runs a call that the engine wrote. Rejects with `STORE_…` within the deadline. */
  ask(written: string): Promise<unknown> {
    const { script, partition, keys, args } = JSON.parse(written) as EngineCall;
    const { source, sha1 } = presenceScripts()[script] as EngineScript;
    return new Promise((resolve, reject) => {
      let giveUp: ((timeoutMs: number) => void) | undefined;
      const deadline = new Deadline(this.#timeoutMs, () => giveUp?.(this.#timeoutMs));
      giveUp = this.link.send({ source, sha1, keys, args }, PLACES_OF_LIMITS + partition, (error, reply) => {
        deadline.clear();
        if (error !== undefined) {
          reject(error);
          return;
        }
        this.isFailing = false;
        resolve(reply);
      });
    });
  }
}

/** Runs `work` for each item, so many at a time. `work` does not reject. */
export async function inLanes<I>(items: readonly I[], lanes: number, work: (item: I) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
}

/** A reply that is a list of texts. */
export function texts(reply: unknown): string[] {
  if (Array.isArray(reply) && reply.every((item) => typeof item === "string")) return reply;
  throw foreignReply();
}

/** A reply that is a list of so many numbers, or of any number of them. */
export function numbers(reply: unknown, length?: number): number[] {
  const fits = Array.isArray(reply) && (length === undefined || reply.length === length);
  if (fits && reply.every((item) => typeof item === "number")) return reply;
  throw foreignReply();
}

/** A reply that is a number. */
export function number(reply: unknown): number {
  if (typeof reply === "number") return reply;
  throw foreignReply();
}

/** A message that is dropped. */
export function foreignMessage(channel: string): TollgateError {
  return new TollgateError(
    "STORE_MESSAGE",
    `a message on ${JSON.stringify(channel)} is none of presence, and was dropped`,
    "See that nothing else publishes there, and that all processes run one version.",
  );
}

/** Something else has the key, or another version the script. */
export function foreignReply(): TollgateError {
  return new TollgateError(
    "STORE_ERROR",
    "Redis failed: it answered what no script of presence answers",
    "See that nothing else writes to the keys of presence, and that all processes run one version.",
  );
}
