import type {
  EngineBreaker,
  EngineConfig,
  EngineDenials,
  EngineDialect,
  EnginePolicy,
  RawEngine,
  RawStore,
  SavingLimiter,
} from "../engine.js";
import { POLICIES, POLICY_LENGTH } from "../scratch.js";
import { CallMemory } from "./call-memory.js";
import * as glue from "./limits-glue.js";
import { coded, type Starting, startingEngine } from "./starting.js";

const memory = new CallMemory(glue);

/** What answers at once, in WebAssembly. Each copy of this module has one. */
export function limitsEngine(): Starting<RawEngine> {
  return startingEngine<RawEngine>(glue, memory, {
    kind: "wasm",
    createLimiter: (config, scratch) => limiter(made(config), scratch),
    createBreaker: ({ seed, failures, firstDelayMicros, maxDelayMicros }) =>
      breaker(coded(() => new glue.WasmBreaker(seed, failures, firstDelayMicros, maxDelayMicros))),
    createDenials: ({ limits, maxAgeMicros, maxKeys, seed }, scratch) =>
      denials(
        coded(() => new glue.WasmDenials(Float64Array.from(limits), maxAgeMicros, maxKeys, ...seed)),
        scratch,
        POLICIES + limits.length * POLICY_LENGTH,
      ),
    createStore: ({ policies, name, prefix }, scratch) =>
      store(
        coded(() => planned(policies).store(name, prefix)),
        scratch,
        POLICIES + policies.length * POLICY_LENGTH,
      ),
    scripts: () => glue.scripts(),
    dialects: () => glue.dialects() as EngineDialect[],
    parseDuration: (text) => coded(() => glue.parseDuration(text)),
    parseRate: (text) => coded(() => glue.parseRate(text) as { limit: number; windowMicros: number }),
  });
}

function made({ policies, maxKeys, seed }: EngineConfig): glue.WasmLimiter {
  return coded(() => planned(policies, maxKeys, seed).limiter());
}

function planned(policies: EnginePolicy[], maxKeys?: number, seed: [number, number] = [0, 0]): glue.PolicyPlan {
  const plan = new glue.PolicyPlan(maxKeys, ...seed);
  for (const { name, limit, windowMicros, algorithm, burst, blockForMicros } of policies) {
    plan.add(name, limit, windowMicros, algorithm, burst, blockForMicros);
  }
  return plan;
}

/** The calls of one limiter. Its memory is freed when they are collected. */
function limiter(own: glue.WasmLimiter, scratch: Float64Array): SavingLimiter {
  const names = own.names();
  const end = POLICIES + names.length * POLICY_LENGTH;
  return {
    names,
    consume(key) {
      const units = memory.putKey(key);
      memory.putRequest(scratch);
      own.consume(units);
      memory.takeDecision(scratch, end);
    },
    peek(key) {
      const units = memory.putKey(key);
      memory.putRequest(scratch);
      own.peek(units);
      memory.takeDecision(scratch, end);
    },
    settle(key) {
      const units = memory.putKey(key);
      memory.putDecision(scratch);
      own.settle(units);
    },
    reset(key) {
      const units = memory.putKey(key);
      memory.putRequest(scratch);
      own.reset(units);
    },
    block(key) {
      const units = memory.putKey(key);
      memory.putRequest(scratch);
      own.block(units);
    },
    save: (key) => own.save(memory.putKey(key)) ?? new Float64Array(),
    restore(key, saved) {
      const units = memory.putKey(key);
      coded(() => own.restore(units, saved));
    },
    free: () => own.free(),
    headers(dialect) {
      memory.putDecision(scratch);
      return own.headers(dialect) ?? unknownDialect();
    },
    problem(status) {
      memory.putDecision(scratch);
      return own.problem(status);
    },
    size: () => own.size(),
  };
}

function breaker(own: glue.WasmBreaker): EngineBreaker {
  return {
    mayAsk: (now) => own.mayAsk(now),
    succeeded: (ask, now) => own.succeeded(ask, now),
    failed: (ask, now) => own.failed(ask, now),
    answeredLate: (now) => own.answeredLate(now),
    isOpen: () => own.isOpen(),
    openings: () => own.openings(),
    nextProbe: () => own.nextProbe(),
  };
}

/** The calls of a cache whose decisions end before the cell `end`. */
function denials(own: glue.WasmDenials, scratch: Float64Array, end: number): EngineDenials {
  return {
    find(key) {
      const units = memory.putKey(key);
      memory.putRequest(scratch);
      const found = own.find(units);
      if (found) memory.takeDecision(scratch, end);
      return found;
    },
    learn(key) {
      const units = memory.putKey(key);
      memory.putDecision(scratch);
      own.learn(units);
    },
    forget(key) {
      const units = memory.putKey(key);
      memory.putRequest(scratch);
      own.forget(units);
    },
  };
}

/** The calls of a limiter in a store whose decisions end before the cell `end`. */
function store(own: glue.WasmStore, scratch: Float64Array, end: number): RawStore {
  return {
    plan: () => own.plan(),
    escape: (key) => own.escape(memory.putKey(key)) ?? key,
    base: (policy, limit) => own.base(policy, limit),
    text(peek) {
      memory.putDecision(scratch);
      return own.text(peek !== 0);
    },
    settleArgs() {
      memory.putDecision(scratch);
      return own.settleArgs();
    },
    blockArgs() {
      memory.putDecision(scratch);
      return own.blockArgs();
    },
    decision(script, peek) {
      memory.putDecision(scratch);
      const made = own.decision(script, peek !== 0);
      if (made) memory.takeDecision(scratch, end);
      return made;
    },
  };
}

function unknownDialect(): never {
  throw new TypeError("headers: unknown dialect");
}
