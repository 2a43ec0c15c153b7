import { type EngineLimiter, engine, SAVED_ENDS, SAVED_LATEST, type SavingLimiter } from "../engine.js";
import { fromEngine, TollgateError } from "../errors.js";
import { NOW, scratch } from "../scratch.js";
import { type Call, decisionCells, placeCall, readCall } from "./call.js";
import type { DurableState, DurableStorage } from "./runtime.js";

/** Under which name the state is stored. */
const STATE = "state";
/** The key within the engine: an object has but one. */
const KEY = "";
/** No secret is needed where nobody can make keys collide; limits that calls bring have a state each. */
const ONE_KEY = { maxKeys: 8_192, seed: [0, 0] as [number, number] };

/**
 * A Durable Object that decides for one key of one limiter: export it from your Worker, bind it, and give
 * `durable(env.TOLLGATE)` as `redis`.
 *
 * What changes is written to the object's storage before the answer goes out, so that it outlives the object. Time is
 * the wall clock's, and never runs backwards for a state. Once the state says no more than "never seen", an alarm
 * deletes it: an object that is not used costs nothing.
 */
export class TollgateObject {
  /** What `DurableObjectNamespace<TollgateObject>` asks for; it is a type, there is no such property. */
  declare readonly __DURABLE_OBJECT_BRAND: never;
  #storage: DurableStorage;
  /** What is known, as the engine saves it; in storage there is the same, or it says the same at an earlier time. */
  #state: Float64Array | undefined;
  #isAlarmSet = false;

  /** Made by the runtime. */
  constructor(state: DurableState, _env?: unknown) {
    this.#storage = state.storage;
    void state.blockConcurrencyWhile(async () => {
      this.#state = await this.#storage.get<Float64Array>(STATE);
      this.#isAlarmSet = (await this.#storage.getAlarm()) !== null;
    });
  }

  /** Answers a call of `durable`: the cells of a decision, or `{ code, message, hint }`. */
  async fetch(request: Request): Promise<Response> {
    const text = await request.text();
    try {
      const { answer, state } = decide(readCall(text), this.#state, this.nowMicros());
      await this.#keep(state);
      return Response.json(answer);
    } catch (error) {
      const { code, message, hint } = error instanceof TollgateError ? error : fromEngine(error);
      return Response.json({ code, message, hint }, { status: 500 });
    }
  }

  /** Deletes a state that has ended; called by the runtime. */
  async alarm(): Promise<void> {
    this.#isAlarmSet = false;
    const ends = this.#state?.[SAVED_ENDS] ?? 0;
    if (this.nowMicros() < ends) return this.#setAlarm(ends);
    this.#state = undefined;
    await this.#storage.deleteAll();
  }

  /** @internal The wall clock in microseconds; replaced by tests. */
  protected nowMicros(): number {
    return Date.now() * 1_000;
  }

  /**
   * @internal Shortest time until the alarm, in milliseconds. A state that ends and comes back within a second is not
   * worth two writes.
   */
  protected shortestAlarmMillis(): number {
    return 60_000;
  }

  /**
   * Writes the state if the call has changed it. The output gate holds the answer back until the write is on disk, and
   * the input gate all other calls; a write that fails ends the object, and no decision goes out. A refusal changes
   * nothing but the time, and so does not write.
   */
  async #keep(state: Float64Array): Promise<void> {
    const before = this.#state;
    const ends = state[SAVED_ENDS] as number;
    this.#state = state;
    if (before === undefined ? ends === 0 : isSameState(state, before)) return;
    try {
      await Promise.all([this.#storage.put(STATE, state), this.#isAlarmSet ? undefined : this.#setAlarm(ends)]);
    } catch (error) {
      this.#state = before;
      throw notStored(error as Error);
    }
  }

  /** One alarm for as long as the key is in use, not one for each call: setting it is a write, too. */
  async #setAlarm(ends: number): Promise<void> {
    this.#isAlarmSet = true;
    const millis = Math.ceil((ends - this.nowMicros()) / 1_000);
    await this.#storage.setAlarm(Date.now() + Math.max(millis, this.shortestAlarmMillis()));
  }
}

/**
 * Runs a call on a state. The limiter lives no longer than that: memory of the engine is shared by all objects that the
 * runtime puts together, and objects end without notice.
 */
function decide(call: Call, state: Float64Array | undefined, now: number) {
  const limiter = savingLimiter(call.rules);
  try {
    if (state !== undefined) limiter.restore(KEY, state);
    placeCall(call, limiter.names.length);
    scratch[NOW] = now;
    limiter[call.operation](KEY);
    const isAnswered = call.operation === "consume" || call.operation === "peek";
    return { answer: isAnswered ? decisionCells(limiter.names.length) : [], state: limiter.save(KEY) };
  } finally {
    limiter.free();
  }
}

function savingLimiter(rules: string): SavingLimiter {
  const limiter = engine.createLimiter({ ...ONE_KEY, policies: JSON.parse(rules) }, scratch);
  if (!isSaving(limiter)) {
    throw new TollgateError(
      "ENGINE_CANNOT_SAVE",
      `the ${engine.kind} engine cannot save states`,
      "TollgateObject is for Cloudflare's runtime, where the engine in WebAssembly is used.",
    );
  }
  return limiter;
}

function isSaving(limiter: EngineLimiter): limiter is SavingLimiter {
  return "save" in limiter;
}

function isSameState(one: Float64Array, other: Float64Array): boolean {
  return one.length === other.length && one.every((word, i) => i === SAVED_LATEST || word === other[i]);
}

function notStored(error: Error): TollgateError {
  return new TollgateError(
    "STORE_ERROR",
    `the state could not be stored: ${error.message}`,
    "See what the object logs. A state has room for about a thousand limits that calls bring, and no more.",
  );
}
