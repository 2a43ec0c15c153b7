import { limitsEngine } from "../../wasm/limits-engine.js";
import { WASM } from "../../wasm/limits-inline.js";

/** Deno: no file is read, so no permission is asked for. */
export const engine = limitsEngine().start(Uint8Array.from(atob(WASM), (digit) => digit.charCodeAt(0)));
