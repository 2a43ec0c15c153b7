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
  limiter(): WasmLimiter;
  store(name: string, prefix: string): WasmStore;
}

export declare class WasmLimiter {
  names(): string[];
  consume(units: number): boolean;
  peek(units: number): boolean;
  settle(units: number): boolean;
  reset(units: number): boolean;
  block(units: number): boolean;
  headers(dialect: number): string | undefined;
  problem(status: number): string;
  size(): string;
}

export declare class WasmStore {
  plan(): string;
  escape(units: number): string | undefined;
  base(policy: number, limit: number): string;
  text(peek: boolean): string;
  settleArgs(): string;
  blockArgs(): string;
  decision(script: number, peek: boolean): boolean;
}

export declare function dialects(): object;
export declare function scripts(): string;
export declare function parseDuration(text: string): number;
export declare function parseRate(text: string): object;
export declare function version(): string;
export declare function makeRoom(units: number): number;
export declare function numbersAt(): number;
export declare function initSync(given: { module: WebAssembly.Module | BufferSource }): { memory: WebAssembly.Memory };

export default async function init(given: {
  module_or_path: WebAssembly.Module;
}): Promise<{ memory: WebAssembly.Memory }> {
  throw new Error(`${given.module_or_path} was left out of this build`);
}
