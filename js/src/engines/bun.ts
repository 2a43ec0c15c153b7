import { readFileSync } from "node:fs";
import { wasmEngine } from "../wasm/wasm-engine.js";

/** Bun: the file beside this one. */
export const engine = wasmEngine().start(readFileSync(new URL("../../wasm/tollgate.wasm", import.meta.url)));
