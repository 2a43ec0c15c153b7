import module from "../../../wasm/machines.wasm";
import { machinesEngine } from "../../wasm/machines-engine.js";

/** Cloudflare Workers: the module was compiled when the worker was uploaded. */
export const machines = machinesEngine().start(module);
