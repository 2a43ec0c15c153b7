import type { TollgateError } from "../errors.js";
import { afterInput, afterThis, Deadline } from "./deadline.js";
import type { Link, ScriptCall } from "./link.js";
import { timedOut } from "./store-errors.js";

/** A script of decisions, and what all calls of one limiter have in common. */
export interface BatchScript {
  source: string;
  sha1: string;
  /** What the arguments of a call begin with. */
  head: readonly string[];
  /** Commands that one decision runs in Redis. */
  commands: number;
  /** The argument of the usual decision: a call of only such has no arguments for them. */
  usualArg: string;
}

/** One decision on its way. */
export interface Question {
  keys: readonly string[];
  arg: string;
  /** Told the reply of the whole call, and the place of this decision in it. */
  answer(reply: unknown, index: number): void;
  fail(error: TollgateError): void;
}

/** Commands that one call runs in Redis at most: measured, its 99th percentile stays below 0.7 ms. */
const COMMANDS_A_CALL = 256;
/** Calls that are out while further decisions gather: measured, more make the calls smaller and nothing faster. */
const CALLS_OUT = 2;
/** As many questions are worth two calls, where nothing is out: Redis decides one half while the other is on its way. */
const WORTH_TWO_CALLS = 16;

/**
 * Decisions of one limiter that travel together, in a cluster those of one partition.
 *
 * Where a call is out, what is asked for gathers until this turn of the event loop ends; else it goes at once, with all
 * that was asked for in the same breath.
 */
export class Batcher {
  #link: Link;
  #script: BatchScript;
  #partition: number;
  #timeoutMs: number;
  #onAnswer: (micros: number) => void;
  #longest: number;
  /** Batches that were not sent yet; only the last may grow. */
  #waiting: Batch[] = [];
  #out = 0;
  #scheduled = false;

  constructor(
    link: Link,
    script: BatchScript,
    partition: number,
    timeoutMs: number,
    onAnswer: (micros: number) => void,
  ) {
    this.#link = link;
    this.#script = script;
    this.#partition = partition;
    this.#timeoutMs = timeoutMs;
    this.#onAnswer = onAnswer;
    this.#longest = link.commands.transport === "http" ? 1 : Math.max(1, Math.floor(COMMANDS_A_CALL / script.commands));
  }

  add(question: Question): void {
    const refusal = this.#link.refusal(this.#partition);
    if (refusal !== undefined) {
      question.fail(refusal);
      return;
    }
    this.#open().questions.push(question);
    if (this.#link.commands.transport === "http") this.#sendNext();
    else this.#schedule();
  }

  #open(): Batch {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.questions.length < this.#longest) return last;
    return this.#newBatch();
  }

  #newBatch(): Batch {
    const batch = new Batch(this.#timeoutMs, () => this.#drop(batch));
    this.#waiting.push(batch);
    return batch;
  }

  #schedule(): void {
    if (this.#scheduled || this.#out >= CALLS_OUT) return;
    this.#scheduled = true;
    // Where nothing is out, nothing is gained by waiting: what this turn still asks for gathers behind that call.
    const later = this.#out === 0 ? afterThis : afterInput;
    later(() => {
      this.#scheduled = false;
      if (this.#out === 0) this.#halve();
      while (this.#out < CALLS_OUT && this.#waiting.length > 0) this.#sendNext();
    });
  }

  /** With one call out at a time, Redis would wait while its answers are read, and we while it decides. */
  #halve(): void {
    const [only, next] = this.#waiting;
    if (only === undefined || next !== undefined || only.questions.length < WORTH_TWO_CALLS) return;
    const rest = this.#newBatch();
    rest.questions.push(...only.questions.splice(only.questions.length / 2));
  }

  #sendNext(): void {
    const batch = this.#waiting.shift();
    if (batch === undefined) return;
    this.#out++;
    batch.giveUp = this.#link.send(this.#call(batch.questions), this.#partition, (error, reply, micros) => {
      this.#out--;
      if (micros > 0) this.#onAnswer(micros);
      if (error === undefined) batch.answer(reply);
      else batch.fail(error);
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  /** The keys and arguments of questions: fewer of them is what makes a call cheap to send and to read. */
  #call(questions: readonly Question[]): ScriptCall {
    const { source, sha1, head, usualArg } = this.#script;
    const keys: string[] = [];
    const args = [...head];
    let isUsual = true;
    for (const question of questions) {
      for (const key of question.keys) keys.push(key);
      args.push(question.arg);
      isUsual &&= question.arg === usualArg;
    }
    if (isUsual) args.length = head.length;
    return { source, sha1, keys, args };
  }

  /** The deadline of a batch that was never sent. */
  #drop(batch: Batch): void {
    this.#waiting.splice(this.#waiting.indexOf(batch), 1);
    batch.fail(timedOut(this.#timeoutMs));
  }
}

class Batch {
  readonly questions: Question[] = [];
  /** Set once it is out. */
  giveUp: ((timeoutMs: number) => void) | undefined;
  #deadline: Deadline;

  constructor(timeoutMs: number, drop: () => void) {
    this.#deadline = new Deadline(timeoutMs, () => {
      if (this.giveUp === undefined) drop();
      else this.giveUp(timeoutMs);
    });
  }

  answer(reply: unknown): void {
    this.#deadline.clear();
    for (let i = 0; i < this.questions.length; i++) (this.questions[i] as Question).answer(reply, i);
  }

  fail(error: TollgateError): void {
    this.#deadline.clear();
    for (const question of this.questions) question.fail(error);
  }
}
