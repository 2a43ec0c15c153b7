import loaded from "../../../native/load.cjs";
import type { Machines } from "../../machines.js";
import { machinesEngine } from "../../wasm/machines-engine.js";

const { addon } = loaded;

/** Node.js: native, or WebAssembly where no native engine fits. */
export const machines: Machines =
  addon === undefined ? machinesEngine().start(loaded.wasmBytes("machines")) : (addon as Machines);
