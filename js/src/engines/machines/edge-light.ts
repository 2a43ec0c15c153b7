import module from "../../../wasm/machines.wasm?module";
import { machinesEngine } from "../../wasm/machines-engine.js";

// In development servers the module comes from outside the realm that this runs in, and would not be known as one.
if (!(module instanceof WebAssembly.Module)) Object.setPrototypeOf(module, WebAssembly.Module.prototype);

/** Vercel's edge: `?module` is how it hands over a compiled module. */
export const machines = machinesEngine().start(module);
