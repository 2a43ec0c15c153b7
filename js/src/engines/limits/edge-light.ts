import module from "../../../wasm/limits.wasm?module";
import { limitsEngine } from "../../wasm/limits-engine.js";

// In development servers the module comes from outside the realm that this runs in, and would not be known as one.
if (!(module instanceof WebAssembly.Module)) Object.setPrototypeOf(module, WebAssembly.Module.prototype);

/** Vercel's edge: `?module` is how it hands over a compiled module. */
export const engine = limitsEngine().start(module);
