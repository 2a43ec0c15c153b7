import module from "../../wasm/tollgate.wasm?module";
import { wasmEngine } from "../wasm/wasm-engine.js";

/** Vercel's edge: `?module` is how it hands over a compiled module. */
export const engine = wasmEngine().start(module);
