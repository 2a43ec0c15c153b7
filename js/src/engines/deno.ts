import { WASM } from "../wasm/inline.js";
import { wasmEngine } from "../wasm/wasm-engine.js";

/** Deno: no file is read, so no permission is asked for. */
export const engine = wasmEngine().start(Uint8Array.from(atob(WASM), (digit) => digit.charCodeAt(0)));
