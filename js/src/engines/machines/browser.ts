import { machinesEngine } from "../../wasm/machines-engine.js";

const starting = machinesEngine();

/** Browsers and bundlers: fetched from where the bundler puts it; an import of the package waits for it. */
export const machines = starting.engine;

await starting.load(new URL("../../../wasm/machines.wasm", import.meta.url));
