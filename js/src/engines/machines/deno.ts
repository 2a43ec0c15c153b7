import { machinesEngine } from "../../wasm/machines-engine.js";
import { WASM } from "../../wasm/machines-inline.js";

/** Deno: no file is read, so no permission is asked for. */
export const machines = machinesEngine().start(Uint8Array.from(atob(WASM), (digit) => digit.charCodeAt(0)));
