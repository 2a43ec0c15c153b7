import type { EnginePacer, EnginePacerConfig, EngineRoster, Machines } from "../machines.js";
import { EVENTS, LAST_INPUT, LIST, OUTCOME } from "../pacer/cells.js";
import { CallMemory } from "./call-memory.js";
import * as glue from "./machines-glue.js";
import { coded, type Starting, startingEngine } from "./starting.js";

const memory = new CallMemory(glue);

/** What is drained, in WebAssembly. Each copy of this module has one. */
export function machinesEngine(): Starting<Machines> {
  return startingEngine<Machines>(glue, memory, {
    createPacer: (config, scratch) => pacer(planned(config), scratch),
    createRoster: ({ ttlMicros, heartbeatMicros, graceMicros, maxData }) =>
      roster(coded(() => new glue.WasmRoster(ttlMicros, heartbeatMicros, graceMicros, maxData))),
    createPeers: ({ limits, intervalMicros, concurrency, split, least, fastStart, heartbeatMicros }, unique) =>
      coded(
        () =>
          new glue.WasmPeers(
            Float64Array.from(limits),
            intervalMicros,
            concurrency,
            split,
            least,
            fastStart,
            heartbeatMicros,
            unique,
          ),
      ),
    guardedInterval: (micros) => glue.guardedInterval(micros),
    told: (fields, wallSecs) => glue.told(fields, wallSecs),
  });
}

function planned({ policies, concurrency, maxQueue }: EnginePacerConfig): glue.WasmPacer {
  const plan = new glue.PolicyPlan(undefined, 0, 0);
  for (const { name, limit, windowMicros } of policies)
    plan.add(name, limit, windowMicros, undefined, undefined, undefined);
  return coded(() => plan.pacer(concurrency, maxQueue));
}

/** The calls of one pacer. */
function pacer(own: glue.WasmPacer, scratch: Float64Array): EnginePacer {
  const call = (run: () => void) => () => {
    memory.putCells(scratch, LAST_INPUT);
    memory.putLists(scratch);
    run();
    memory.takeCells(scratch, OUTCOME, LIST + 3);
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
    setLimits: call(() => own.setLimits()),
    cancelUnfit: call(() => own.cancelUnfit()),
    learn: call(() => own.learn()),
    begun: call(() => own.begun()),
    drain() {
      memory.putCells(scratch, LAST_INPUT);
      own.drain();
      memory.takeCells(scratch, OUTCOME, LIST);
      memory.takeCells(scratch, LIST, LIST + (scratch[EVENTS] as number));
    },
    state: call(() => {
      own.state();
      memory.takeLists(scratch);
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
