import { readFileSync } from "node:fs";
import { machinesEngine } from "../../wasm/machines-engine.js";

/** Bun: the file beside this one. */
export const machines = machinesEngine().start(readFileSync(new URL("../../../wasm/machines.wasm", import.meta.url)));
