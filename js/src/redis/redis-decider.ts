import { EngineDecision } from "../decision.js";
import { BLOCK, DECIDE, type DecisionScript, type EngineStore, engine, RESET, SETTLE, WINDOW } from "../engine.js";
import { TollgateError } from "../errors.js";
import { writeUsual } from "../request.js";
import { COST, COSTS, LIMITS, LISTS, POLICIES, POLICY_LENGTH, READ_LIMITS, REPLY, scratch } from "../scratch.js";
import type { Decider, StoreSpec } from "../store/decider.js";
import type { Decision } from "../types.js";
import { Batcher } from "./batch.js";
import type { Commands } from "./commands.js";
import { Deadline } from "./deadline.js";
import { partitionOf, StoreKeys } from "./keys.js";
import { type Link, linkOf } from "./link.js";
import { failedCall } from "./store-errors.js";

/** How long calls wait where `storeTimeout` does not say it. */
const TIMEOUT_MS = { tcp: 250, http: 1_000 };

/** The cells of a request: `COST` and `LISTS`, then the lists. Undefined for a call that asks 1 of every policy. */
type Request = Float64Array | undefined;

/** Decides in Redis, with the scripts of the core. */
export class RedisDecider implements Decider {
  #spec: StoreSpec;
  #store: EngineStore;
  #keys: StoreKeys;
  #link: Link;
  #timeoutMs: number;
  /** By script, and in a cluster by partition. */
  #batchers = new Map<number, Batcher>();
  #free: () => void | Promise<void>;

  /** `free` is called when the limiter is closed. */
  constructor(commands: Commands, store: EngineStore, spec: StoreSpec, free: () => void | Promise<void>) {
    this.#spec = spec;
    this.#store = store;
    this.#keys = new StoreKeys(store, spec.prefix);
    this.#link = linkOf(commands);
    this.#timeoutMs = spec.timeoutMs ?? TIMEOUT_MS[commands.transport];
    const stopListening = this.#link.onError(spec.onError);
    this.#free = () => {
      stopListening();
      return free();
    };
  }

  consume(key: string): Promise<Decision> {
    const isOwn = ((scratch[LISTS] as number) & READ_LIMITS) !== 0;
    return this.#decide(key, isOwn ? DECIDE : this.#store.usualScript, false);
  }

  peek(key: string): Promise<Decision> {
    return this.#decide(key, DECIDE, true);
  }

  async settle(key: string): Promise<void> {
    const limits = this.#spec.engine.names.map((_, i) => scratch[POLICIES + i * POLICY_LENGTH] as number);
    const args = this.#store.settleArgs().split("\n");
    await this.#tell(SETTLE, key, args, ({ resetBase, limitsBase }) => [resetBase, limitsBase], limits);
  }

  async reset(key: string): Promise<void> {
    const bases = ({ resetBase, blockBase, limitsBase }: EngineStore) => [resetBase, blockBase, limitsBase];
    await this.#tell(RESET, key, this.#store.resetArgs, bases);
  }

  async block(key: string): Promise<void> {
    const args = this.#store.blockArgs().split("\n");
    const states = this.#store.usualScript !== DECIDE;
    await this.#tell(BLOCK, key, args, ({ blockBase }) => [blockBase], states ? undefined : null);
  }

  async close(): Promise<void> {
    await this.#free();
  }

  #decide(key: string, script: DecisionScript, isPeek: boolean): Promise<Decision> {
    const escaped = this.#keys.escape(key);
    const partition = partitionOf(escaped);
    const request = takeRequest();
    const arg = this.#arg(script, isPeek, request);
    const keys = this.#decisionKeys(script, partition, escaped);
    return new Promise((resolve, reject) => {
      const answer = (reply: unknown, index: number) => {
        try {
          resolve(this.#read(reply, index, script, isPeek, request));
        } catch (error) {
          reject(error);
        }
      };
      this.#batcher(script, partition).add({ keys, arg, answer, fail: reject });
    });
  }

  #arg(script: DecisionScript, isPeek: boolean, request: Request): string {
    if (request === undefined && !isPeek) return usualArg(script);
    return script === WINDOW ? costOf() : this.#store.text(isPeek);
  }

  #decisionKeys(script: DecisionScript, partition: number, escaped: string): string[] {
    if (script !== DECIDE) return this.#keys.states(partition, escaped);
    const { blockBase, limitsBase } = this.#store;
    const isOwn = ((scratch[LISTS] as number) & READ_LIMITS) !== 0;
    const limits = isOwn ? scratch.subarray(LIMITS, LIMITS + this.#spec.engine.names.length) : undefined;
    return [
      this.#keys.key(partition, blockBase, escaped),
      this.#keys.key(partition, limitsBase, escaped),
      ...this.#keys.states(partition, escaped, limits),
    ];
  }

  #batcher(script: DecisionScript, partition: number): Batcher {
    const place = this.#link.commands.isCluster ? partition : 0;
    const id = place * (DECIDE + 1) + script;
    let batcher = this.#batchers.get(id);
    if (batcher === undefined) {
      const { source, sha1 } = scriptAt(script);
      const plan = {
        source,
        sha1,
        head: this.#store.heads[script],
        commands: this.#store.commands[script],
        usualArg: usualArg(script),
      };
      batcher = new Batcher(this.#link, plan, place, this.#timeoutMs, this.#spec.onAnswer);
      this.#batchers.set(id, batcher);
    }
    return batcher;
  }

  /** The decision at `index` of a reply. */
  #read(reply: unknown, index: number, script: DecisionScript, isPeek: boolean, request: Request): Decision {
    const words = this.#store.words[script];
    const first = 1 + index * words;
    if (!Array.isArray(reply) || reply.length < first + words) throw strangeReply();
    // Some clients can be told to give numbers as texts: only one that is no number is an error.
    if (typeof reply[first] === "string" && !/^-?\d+$/.test(reply[first])) throw failedCall(reply[first]);
    putRequest(request);
    scratch[REPLY] = Number(reply[0]);
    for (let i = 0; i < words; i++) scratch[REPLY + 1 + i] = Number(reply[first + i]);
    if (!this.#store.decision(script, isPeek)) throw strangeReply();
    return new EngineDecision(this.#spec.engine, "store");
  }

  /** A call that answers nothing. `limits` are those of the states, undefined for the policies' own, null for no states. */
  #tell(
    script: number,
    key: string,
    args: readonly string[],
    bases: (store: EngineStore) => string[],
    limits?: readonly number[] | null,
  ): Promise<void> {
    const escaped = this.#keys.escape(key);
    const partition = partitionOf(escaped);
    const others = bases(this.#store).map((base) => this.#keys.key(partition, base, escaped));
    const states = limits === null ? [] : this.#keys.states(partition, escaped, limits);
    return this.#call(script, partition, [...others, ...states], args);
  }

  #call(script: number, partition: number, keys: readonly string[], args: readonly string[]): Promise<void> {
    const { source, sha1 } = scriptAt(script);
    return new Promise((resolve, reject) => {
      let giveUp: ((timeoutMs: number) => void) | undefined;
      const deadline = new Deadline(this.#timeoutMs, () => giveUp?.(this.#timeoutMs));
      giveUp = this.#link.send({ source, sha1, keys, args }, partition, (error, _, micros) => {
        deadline.clear();
        if (micros > 0) this.#spec.onAnswer(micros);
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }
}

function scriptAt(index: number) {
  const script = engine.scripts()[index];
  if (script === undefined) throw new TollgateError("ENGINE", `the engine has no script ${index}`, "Please report it.");
  return script;
}

/** The argument of a decision that charges 1 under the limiter's own limits. */
function usualArg(script: DecisionScript): string {
  return script === WINDOW ? "1" : "";
}

/** What one call takes under the only policy. */
function costOf(): string {
  return String(scratch[LISTS] === 0 ? scratch[COST] : scratch[COSTS]);
}

function takeRequest(): Request {
  if (scratch[COST] === 1 && scratch[LISTS] === 0) return undefined;
  const cells = new Float64Array(REPLY - COSTS + 2);
  cells[0] = scratch[COST] as number;
  cells[1] = scratch[LISTS] as number;
  cells.set(scratch.subarray(COSTS, REPLY), 2);
  return cells;
}

function putRequest(request: Request): void {
  if (request === undefined) {
    writeUsual();
    return;
  }
  scratch[COST] = request[0] as number;
  scratch[LISTS] = request[1] as number;
  scratch.set(request.subarray(2), COSTS);
}

function strangeReply(): TollgateError {
  return failedCall("its reply is none of our scripts'");
}
