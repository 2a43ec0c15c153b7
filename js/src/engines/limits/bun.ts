import { readFileSync } from "node:fs";
import { limitsEngine } from "../../wasm/limits-engine.js";

/** Bun: the file beside this one. */
export const engine = limitsEngine().start(readFileSync(new URL("../../../wasm/limits.wasm", import.meta.url)));
