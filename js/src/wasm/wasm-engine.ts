import type {
  EngineBreaker,
  EngineConfig,
  EngineDenials,
  EngineDialect,
  EnginePacer,
  EnginePacerConfig,
  EnginePolicy,
  EnginePresence,
  EngineRoster,
  RawEngine,
  RawStore,
  SavingLimiter,
} from "../engine.js";
import { EVENTS, LAST_INPUT, LIST, OUTCOME } from "../pacer/cells.js";
import { POLICIES, POLICY_LENGTH } from "../scratch.js";
import {
  putCells,
  putDecision,
  putKey,
  putLists,
  putRequest,
  takeCells,
  takeDecision,
  takeLists,
  useMemory,
} from "./call-memory.js";
import * as glue from "./glue.js";
import { checkVersion, codedError, failedLoad, failedStart, notReady, refuseWithout } from "./start-errors.js";

/** An engine that has yet to be started. */
export interface Starting {
  /** Its calls throw until it has been started. */
  readonly engine: RawEngine;
  /** Starts it at once, from a module or the bytes of one. */
  start(source: WebAssembly.Module | Uint8Array<ArrayBuffer>): RawEngine;
  /** Starts it with what is at `url`. */
  load(url: URL): Promise<RawEngine>;
}

/** The engine in WebAssembly. Each copy of this module has one. */
export function wasmEngine(): Starting {
  let ready = false;
  const calls = () => (ready ? CALLS : notReady());
  const engine: RawEngine = {
    kind: "wasm",
    createLimiter: (config, scratch) => calls().createLimiter(config, scratch),
    createBreaker: (config) => calls().createBreaker(config),
    createDenials: (config, scratch) => calls().createDenials(config, scratch),
    createStore: (config, scratch) => calls().createStore(config, scratch),
    scripts: () => calls().scripts(),
    createPacer: (config, scratch) => calls().createPacer(config, scratch),
    createRoster: (config) => calls().createRoster(config),
    createPresence: (config, ...place) => calls().createPresence(config, ...place),
    presenceScripts: () => calls().presenceScripts(),
    dialects: () => calls().dialects(),
    parseDuration: (text) => calls().parseDuration(text),
    parseRate: (text) => calls().parseRate(text),
    told: (fields, wallSecs) => calls().told(fields, wallSecs),
  };
  const started = ({ memory }: { memory: WebAssembly.Memory }) => {
    checkVersion(glue.version());
    useMemory(memory);
    ready = true;
    return engine;
  };
  return {
    engine,
    start(source) {
      refuseWithout();
      try {
        return started(glue.initSync({ module: source }));
      } catch (error) {
        return failedStart(error);
      }
    },
    async load(url) {
      refuseWithout();
      const module = await compiled(url).catch(failedLoad);
      return glue.default({ module_or_path: module }).then(started).catch(failedStart);
    },
  };
}

async function compiled(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

const CALLS: Omit<RawEngine, "kind"> = {
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
  createPacer: (config, scratch) => pacer(pacerOf(config), scratch),
  createRoster: ({ ttlMicros, heartbeatMicros, graceMicros, maxData }) =>
    roster(coded(() => new glue.WasmRoster(ttlMicros, heartbeatMicros, graceMicros, maxData))),
  createPresence: ({ ttlMicros, heartbeatMicros, graceMicros, maxData }, ...place) =>
    presence(coded(() => new glue.WasmPresence(ttlMicros, heartbeatMicros, graceMicros, maxData, ...place))),
  presenceScripts: () => glue.presenceScripts(),
  dialects: () => glue.dialects() as EngineDialect[],
  parseDuration: (text) => coded(() => glue.parseDuration(text)),
  parseRate: (text) => coded(() => glue.parseRate(text) as { limit: number; windowMicros: number }),
  told: (fields, wallSecs) => glue.told(fields, wallSecs),
};

function made({ policies, maxKeys, seed }: EngineConfig): glue.WasmLimiter {
  return coded(() => planned(policies, maxKeys, seed).limiter());
}

function pacerOf({ policies, concurrency, maxQueue }: EnginePacerConfig): glue.WasmPacer {
  return coded(() => planned(policies).pacer(concurrency, maxQueue));
}

function planned(policies: EnginePolicy[], maxKeys?: number, seed: [number, number] = [0, 0]): glue.LimiterPlan {
  const plan = new glue.LimiterPlan(maxKeys, ...seed);
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
      const units = putKey(key);
      putRequest(scratch);
      own.consume(units);
      takeDecision(scratch, end);
    },
    peek(key) {
      const units = putKey(key);
      putRequest(scratch);
      own.peek(units);
      takeDecision(scratch, end);
    },
    settle(key) {
      const units = putKey(key);
      putDecision(scratch);
      own.settle(units);
    },
    reset(key) {
      const units = putKey(key);
      putRequest(scratch);
      own.reset(units);
    },
    block(key) {
      const units = putKey(key);
      putRequest(scratch);
      own.block(units);
    },
    save: (key) => own.save(putKey(key)) ?? new Float64Array(),
    restore(key, saved) {
      const units = putKey(key);
      coded(() => own.restore(units, saved));
    },
    free: () => own.free(),
    headers(dialect) {
      putDecision(scratch);
      return own.headers(dialect) ?? unknownDialect();
    },
    problem(status) {
      putDecision(scratch);
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
      const units = putKey(key);
      putRequest(scratch);
      const found = own.find(units);
      if (found) takeDecision(scratch, end);
      return found;
    },
    learn(key) {
      const units = putKey(key);
      putDecision(scratch);
      own.learn(units);
    },
    forget(key) {
      const units = putKey(key);
      putRequest(scratch);
      own.forget(units);
    },
  };
}

/** The calls of a limiter in a store whose decisions end before the cell `end`. */
function store(own: glue.WasmStore, scratch: Float64Array, end: number): RawStore {
  return {
    plan: () => own.plan(),
    escape: (key) => own.escape(putKey(key)) ?? key,
    base: (policy, limit) => own.base(policy, limit),
    text(peek) {
      putDecision(scratch);
      return own.text(peek !== 0);
    },
    settleArgs() {
      putDecision(scratch);
      return own.settleArgs();
    },
    blockArgs() {
      putDecision(scratch);
      return own.blockArgs();
    },
    decision(script, peek) {
      putDecision(scratch);
      const made = own.decision(script, peek !== 0);
      if (made) takeDecision(scratch, end);
      return made;
    },
  };
}

/** The calls of one pacer. */
function pacer(own: glue.WasmPacer, scratch: Float64Array): EnginePacer {
  const call = (run: () => void) => () => {
    putCells(scratch, LAST_INPUT);
    putLists(scratch);
    run();
    takeCells(scratch, OUTCOME, LIST + 3);
  };
  return {
    names: own.names(),
    submit: call(() => own.submit()),
    finish: call(() => own.finish()),
    settle: call(() => own.settle()),
    cancel: call(() => own.cancel()),
    clear: call(() => own.clear()),
    pause: call(() => own.pause()),
    resume: call(() => own.resume()),
    setShare: call(() => own.setShare()),
    learn: call(() => own.learn()),
    begun: call(() => own.begun()),
    drain() {
      putCells(scratch, LAST_INPUT);
      own.drain();
      takeCells(scratch, OUTCOME, LIST);
      takeCells(scratch, LIST, LIST + (scratch[EVENTS] as number));
    },
    state: call(() => {
      own.state();
      takeLists(scratch);
    }),
  };
}

/** The calls of one roster. Its memory is freed when they are collected. */
function roster(own: glue.WasmRoster): EngineRoster {
  return {
    join: (room, id, session, user, data, now) => coded(() => own.join(room, id, session, user, data, now)),
    update: (room, id, session, data, now) => coded(() => own.update(room, id, session, data, now)),
    leave: (room, id, session, now) => own.leave(room, id, session, now),
    members: (room, cursor, limit, now) => own.members(room, cursor, limit, now),
    count: (room, now) => own.count(room, now),
    has: (room, id, now) => own.has(room, id, now),
    watch: (room, now) => own.watch(room, now),
    changes: (watch) => own.changes(watch),
    unwatch: (watch) => own.unwatch(watch),
    drain: (now) => own.drain(now),
  };
}

/** The calls of presence that is shared. Its memory is freed when they are collected. */
function presence(own: glue.WasmPresence): EnginePresence {
  return {
    join: (room, id, session, user, data, now) => coded(() => own.join(room, id, session, user, data, now)),
    update: (room, id, session, user, data) => coded(() => own.update(room, id, session, user, data)),
    leave: (room, id, session) => own.leave(room, id, session),
    stands: (room, id, session, reply) => own.stands(room, id, session, reply),
    dueBeats: (now) => own.dueBeats(now),
    beaten: (batch, reply) => own.beaten(batch, Float64Array.from(reply)),
    unanswered: (batch, now) => own.unanswered(batch, now),
    returned: (now) => own.returned(now),
    pace: () => own.pace(),
    next: () => own.next(),
    leaveAll: () => own.leaveAll(),
    due: (partition) => own.due(partition),
    sweep: (partition, rooms) => own.sweep(partition, [...rooms]),
    members: (room, cursor, limit) => own.members(room, cursor, limit),
    page: (reply) => own.page([...reply]),
    count: (room) => own.count(room),
    has: (room, id) => own.has(room, id),
    channel: (room) => own.channel(room),
    pattern: () => own.pattern(),
    event: (channel, message) => own.event(channel, message),
    watch: (room) => own.watch(room),
    watchEvent: (channel, message) => Array.from(own.watchEvent(channel, message)),
    watchPage: (watch, reply) => own.watchPage(watch, [...reply]),
    watchStart: (watch) => own.watchStart(watch),
    watchRestart: (watch) => own.watchRestart(watch),
    changes: (watch) => own.changes(watch),
    unwatch: (watch) => own.unwatch(watch),
  };
}

function unknownDialect(): never {
  throw new TypeError("headers: unknown dialect");
}

/** The engine throws a code and a message as one text. */
function coded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw typeof error === "string" ? codedError(error) : error;
  }
}
