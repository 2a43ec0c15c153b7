import loaded from "../../../native/load.cjs";
import type { RawEngine } from "../../engine.js";
import { limitsEngine } from "../../wasm/limits-engine.js";

const { addon } = loaded;

/** Node.js: native, or WebAssembly where no native engine fits. */
export const engine: RawEngine =
  addon === undefined
    ? limitsEngine().start(loaded.wasmBytes("limits"))
    : { kind: "native", ...(addon as Omit<RawEngine, "kind">) };
