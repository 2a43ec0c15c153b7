// Stands in for what wasm-bindgen writes, in a build for Node.js alone: the types, and nothing behind them.

export declare class PolicyPlan {
  constructor(maxKeys: number | undefined, seedHigh: number, seedLow: number);
  add(
    name: string | undefined,
    limit: number,
    windowMicros: number,
    algorithm: string | undefined,
    burst: number | undefined,
    blockForMicros: number | undefined,
  ): void;
  pacer(concurrency: number | undefined, maxQueue: number | undefined): WasmPacer;
}

export declare class WasmPacer {
  names(): string[];
  submit(): void;
  finish(): void;
  settle(): void;
  cancel(): void;
  clear(): void;
  pause(): void;
  resume(): void;
  setShare(): void;
  setLimits(): void;
  cancelUnfit(): void;
  learn(): void;
  begun(): void;
  drain(): void;
  state(): void;
}

export declare class WasmPeers {
  constructor(
    limits: Float64Array,
    intervalMicros: number,
    concurrency: number | undefined,
    split: string,
    least: number,
    fastStart: boolean,
    heartbeatMicros: number,
    unique: string,
  );
  begin(now: number, wall: number): void;
  subscribed(now: number, wall: number): void;
  published(receivers: number, now: number, wall: number): void;
  message(isMain: boolean, message: string, now: number, wall: number): void;
  rename(unique: string, now: number, wall: number): void;
  close(): void;
  stands(now: number, wall: number): boolean;
  patience(random: number): number;
  drain(now: number, wall: number): string;
}

export declare class WasmRoster {
  constructor(ttlMicros?: number, heartbeatMicros?: number, graceMicros?: number, maxData?: number);
  join(room: string, id: string, session: number, user: string | undefined, data: string, now: number): void;
  update(room: string, id: string, session: number, data: string, now: number): boolean;
  leave(room: string, id: string, session: number, now: number): boolean;
  members(room: string, cursor: string, limit: number, now: number): string;
  count(room: string, now: number): string;
  has(room: string, id: string, now: number): boolean;
  watch(room: string, now: number): number;
  changes(watch: number): string;
  unwatch(watch: number): void;
  drain(now: number): string;
}

export declare class WasmPresence {
  constructor(
    ttlMicros: number | undefined,
    heartbeatMicros: number | undefined,
    graceMicros: number | undefined,
    maxData: number | undefined,
    name: string,
    prefix: string,
    partitions: number,
  );
  join(room: string, id: string, session: number, user: string | undefined, data: string, now: number): string;
  update(room: string, id: string, session: number, user: string | undefined, data: string): string;
  leave(room: string, id: string, session: number): string;
  stands(room: string, id: string, session: number, reply: number): string;
  dueBeats(now: number): string;
  beaten(batch: number, reply: Float64Array): string;
  unanswered(batch: number, now: number): void;
  returned(now: number): void;
  pace(): string;
  next(): number;
  leaveAll(): string;
  due(partition: number): string;
  sweep(partition: number, rooms: string[]): string;
  members(room: string, cursor: string, limit: number): string;
  page(reply: string[]): string;
  count(room: string): string;
  has(room: string, id: string): string;
  channel(room: string): string;
  pattern(): string;
  event(channel: string, message: string): string;
  watch(room: string): number;
  watchEvent(channel: string, message: string): Float64Array;
  watchPage(watch: number, reply: string[]): number;
  watchStart(watch: number): void;
  watchRestart(watch: number): void;
  changes(watch: number): string;
  unwatch(watch: number): void;
}

export declare function presenceScripts(): string;
export declare function guardedInterval(micros: number): number;
export declare function told(fields: string, wallSecs: number): string;
export declare function version(): string;
export declare function makeRoom(units: number): number;
export declare function numbersAt(): number;
export declare function initSync(given: { module: WebAssembly.Module | BufferSource }): { memory: WebAssembly.Memory };

export default async function init(given: {
  module_or_path: WebAssembly.Module;
}): Promise<{ memory: WebAssembly.Memory }> {
  throw new Error(`${given.module_or_path} was left out of this build`);
}
