import module from "../../wasm/tollgate.wasm";
import { wasmEngine } from "../wasm/wasm-engine.js";

/** Cloudflare Workers: the module was compiled when the worker was uploaded. */
export const engine = wasmEngine().start(module);
