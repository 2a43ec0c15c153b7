/** Limits for the whole world on Cloudflare: one Durable Object for each key. See `docs/edge.md`. */
export { durable } from "./cloudflare/durable.js";
export type { DurableNamespace, DurableState, DurableStorage } from "./cloudflare/runtime.js";
export { TollgateObject } from "./cloudflare/tollgate-object.js";
