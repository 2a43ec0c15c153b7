import { nowMicros } from "../clock.js";
import { EngineDecision } from "../decision.js";
import { TollgateError } from "../errors.js";
import { ALLOWED, scratch } from "../scratch.js";
import type { Decider, StoreSpec } from "../store/decider.js";
import type { Decision } from "../types.js";
import { areDecisionCells, type Operation, rulesText, writeCall } from "./call.js";
import type { DurableNamespace } from "./runtime.js";

/** Longest wait for an object that says nothing, in milliseconds: it may be on another continent, and asleep. */
const TIMEOUT_MS = 1_000;

/** Asks a Durable Object for each key. */
export class DurableDecider implements Decider {
  #namespace: DurableNamespace;
  #spec: StoreSpec;
  #rules: string;
  /** What objects are told apart by, besides the key. */
  #family: string;
  #timeoutMs: number;

  constructor(namespace: DurableNamespace, spec: StoreSpec) {
    const { name = null, prefix, policies, engine, timeoutMs = TIMEOUT_MS } = spec;
    this.#namespace = namespace;
    this.#spec = spec;
    this.#rules = rulesText(policies, engine.names);
    // A block to come is no part of what was counted: who changes blockFor keeps the counts.
    const counted = policies.map(({ blockForMicros: _, ...policy }) => policy);
    this.#family = JSON.stringify([prefix, name, rulesText(counted, engine.names)]);
    this.#timeoutMs = timeoutMs;
  }

  consume(key: string): Promise<Decision> {
    return this.#decision("consume", key);
  }

  peek(key: string): Promise<Decision> {
    return this.#decision("peek", key);
  }

  async settle(key: string): Promise<void> {
    await this.#answer("settle", key);
  }

  async reset(key: string): Promise<void> {
    await this.#answer("reset", key);
  }

  async block(key: string): Promise<void> {
    await this.#answer("block", key);
  }

  /** Nothing is open. */
  async close(): Promise<void> {}

  async #decision(operation: Operation, key: string): Promise<Decision> {
    const { engine } = this.#spec;
    const answer = await this.#answer(operation, key);
    if (!areDecisionCells(answer, engine.names.length)) throw failed("it answered with no decision");
    scratch.set(answer, ALLOWED);
    return new EngineDecision(engine, "store");
  }

  /** The array that the object answers. */
  async #answer(operation: Operation, key: string): Promise<unknown[]> {
    const body = writeCall(operation, this.#rules, this.#spec.engine.names.length);
    const askedAt = nowMicros();
    const answer = await this.#withinDeadline((signal) => this.#send(key, body, signal));
    if (!Array.isArray(answer)) throw refusal(answer);
    this.#spec.onAnswer(nowMicros() - askedAt);
    return answer;
  }

  async #send(key: string, body: string, signal: AbortSignal): Promise<unknown> {
    try {
      // JSON keeps all strings distinct, also those with lone surrogates, which UTF-8 has no bytes for.
      const id = this.#namespace.idFromName(this.#family + JSON.stringify(key));
      const response = await this.#namespace
        .get(id as never)
        .fetch("https://tollgate/", { method: "POST", body, signal });
      return await response.json();
    } catch (error) {
      throw failed(String((error as Error)?.message ?? error));
    }
  }

  async #withinDeadline<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(tooLate(this.#timeoutMs));
        controller.abort();
      }, this.#timeoutMs);
    });
    try {
      return await Promise.race([send(controller.signal), deadline]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What the object said instead of deciding. */
function refusal(answer: unknown): TollgateError {
  const { code, message, hint } = (answer ?? {}) as Partial<TollgateError>;
  if (typeof code !== "string") return failed("it answered with no decision");
  return new TollgateError(code, String(message), String(hint));
}

function failed(why: string): TollgateError {
  return new TollgateError(
    "STORE_ERROR",
    `the Durable Object did not decide: ${why}`,
    "See that the namespace is bound to the class TollgateObject of tollgate/cloudflare, and what its logs say.",
  );
}

function tooLate(timeoutMs: number): TollgateError {
  return new TollgateError(
    "STORE_TIMEOUT",
    `the Durable Object did not answer within ${timeoutMs} ms`,
    "Raise storeTimeout where objects are far away; calls are decided as onStoreError says meanwhile.",
  );
}
