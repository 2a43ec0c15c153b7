import type { RawStore } from "./engine.js";

/** Numbers of the scripts: many decisions of one fixed window, of one token bucket, decisions under any policies … */
export const WINDOW = 0;
export const BUCKET = 1;
export const DECIDE = 2;
export const SETTLE = 3;
export const RESET = 4;
export const BLOCK = 5;

/** The scripts that decide. */
export type DecisionScript = typeof WINDOW | typeof BUCKET | typeof DECIDE;

type ByDecisionScript<T> = Readonly<Record<DecisionScript, T>>;

/** A script that runs in Redis. */
export interface EngineScript {
  name: string;
  source: string;
  sha1: string;
}

/**
 * What to say to a store for one limiter, and what its replies mean. Requests, decisions and replies are in the scratch
 * array.
 *
 * A key is `{prefix:partition}`, a base, and the escaped key. Keys of the scripts: WINDOW and BUCKET: the state; DECIDE:
 * block, limits, states; SETTLE: reset, limits, states under the limits of the decision; RESET: reset, block, limits,
 * states; BLOCK: the block, and the state where the usual script is not DECIDE.
 */
export interface EngineStore {
  /** The script of decisions that charge and bring no limit of their own; others are for {@link DECIDE}. */
  readonly usualScript: DecisionScript;
  /** By script: how many numbers a decision has in a reply, after the time. */
  readonly words: ByDecisionScript<number>;
  /** By script: commands that a decision runs in Redis at most. */
  readonly commands: ByDecisionScript<number>;
  /** By script: what its arguments begin with; an argument for each decision follows. */
  readonly heads: ByDecisionScript<readonly string[]>;
  readonly resetArgs: readonly string[];
  readonly blockBase: string;
  readonly limitsBase: string;
  readonly resetBase: string;
  /** Of each policy's state, under its own limit. */
  readonly bases: readonly string[];
  /** A key as it stands in the store. */
  escape(key: string): string;
  /** The base of a policy's state under a limit. */
  base(policy: number, limit: number): string;
  /** The request as an argument of {@link BUCKET} or {@link DECIDE}. */
  text(peek: boolean): string;
  /** The arguments of {@link SETTLE}, joined by newlines: of the decision and the costs in the scratch array. */
  settleArgs(): string;
  /** The arguments of {@link BLOCK}, joined by newlines: of the duration in the place of the cost. */
  blockArgs(): string;
  /** Makes a decision of a reply; false where no script of ours answers so. */
  decision(script: DecisionScript, peek: boolean): boolean;
}

/** Reads what a binding says once. */
export function storeOf(raw: RawStore): EngineStore {
  const [usual, words = "", commands = "", ...rest] = raw.plan().split("\n");
  const heads = rest.splice(0, DECIDE + 1).map((head) => head.split(","));
  const [reset = "", blockBase = "", limitsBase = "", resetBase = "", ...bases] = rest;
  return {
    usualScript: Number(usual) as DecisionScript,
    words: words.split(",").map(Number) as [number, number, number],
    commands: commands.split(",").map(Number) as [number, number, number],
    heads: heads as [string[], string[], string[]],
    resetArgs: reset.split(","),
    blockBase,
    limitsBase,
    resetBase,
    bases,
    escape: (key) => raw.escape(key),
    base: (policy, limit) => raw.base(policy, limit),
    text: (peek) => raw.text(Number(peek)),
    settleArgs: () => raw.settleArgs(),
    blockArgs: () => raw.blockArgs(),
    decision: (script, peek) => raw.decision(script, Number(peek)),
  };
}

/** Reads what a binding says of the scripts. */
export function readScripts(text: string): readonly EngineScript[] {
  const parts = text.split("\0");
  return Array.from({ length: parts.length / 3 }, (_, i) => {
    const [name, sha1, source] = parts.slice(i * 3, i * 3 + 3) as [string, string, string];
    return { name, source, sha1 };
  });
}
