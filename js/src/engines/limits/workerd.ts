import module from "../../../wasm/limits.wasm";
import { limitsEngine } from "../../wasm/limits-engine.js";

/** Cloudflare Workers: the module was compiled when the worker was uploaded. */
export const engine = limitsEngine().start(module);
