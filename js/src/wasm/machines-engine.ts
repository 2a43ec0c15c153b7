import type { EnginePacer, EnginePacerConfig, EnginePresence, EngineRoster, Machines } from "../machines.js";
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
    createPresence: ({ ttlMicros, heartbeatMicros, graceMicros, maxData }, ...place) =>
      presence(coded(() => new glue.WasmPresence(ttlMicros, heartbeatMicros, graceMicros, maxData, ...place))),
    presenceScripts: () => glue.presenceScripts(),
    createPeers: (
      { limits, intervalMicros, concurrency, split, least, fastStart, strictStart, heartbeatMicros },
      unique,
    ) =>
      coded(
        () =>
          new glue.WasmPeers(
            Float64Array.from(limits),
            intervalMicros,
            concurrency,
            split,
            least,
            fastStart,
            strictStart,
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

/** The calls of presence over Redis. Its memory is freed when they are collected. */
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
