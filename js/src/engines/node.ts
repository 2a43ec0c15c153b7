import loaded from "../../native/load.cjs";
import type { RawEngine } from "../engine.js";
import { wasmEngine } from "../wasm/wasm-engine.js";

const { addon } = loaded;

/** Node.js: native, or WebAssembly where no native engine fits. */
export const engine: RawEngine =
  addon === undefined
    ? wasmEngine().start(loaded.wasmBytes())
    : { kind: "native", ...(addon as Omit<RawEngine, "kind">) };
