import { type EngineStore, engine } from "../engine.js";
import { scratch } from "../scratch.js";
import type { Decider, StoreSpec } from "../store/decider.js";
import { engineErrors } from "../validate.js";
import { commandsOf } from "./clients.js";
import { useConnection } from "./connections.js";
import { nameOf, takeName } from "./names.js";
import { RedisDecider } from "./redis-decider.js";
import { checkUrl } from "./url.js";

/** The same for every client of one limiter: on some runtimes each request brings a new one. */
const stores = new WeakMap<StoreSpec, EngineStore>();

/**
 * Makes a decider over Redis, from a URL or a user's client.
 *
 * @throws TollgateError `CONFIG_REDIS` or `CONFIG_NAME`
 */
export function redisDecider(redis: unknown, spec: StoreSpec): Decider {
  return typeof redis === "string" ? overUrl(redis, spec) : overClient(redis, spec);
}

function overClient(client: unknown, spec: StoreSpec): Decider {
  const commands = commandsOf(client);
  const store = storeOf(spec);
  return new RedisDecider(commands, store, spec, takeName(client as object, spec));
}

function overUrl(url: string, spec: StoreSpec): Decider {
  checkUrl(url);
  const store = storeOf(spec);
  const giveBack = takeName(url, spec);
  const use = useConnection(url, spec.onError);
  return new RedisDecider(use.connection, store, spec, () => {
    giveBack();
    use.end();
  });
}

function storeOf(spec: StoreSpec): EngineStore {
  let store = stores.get(spec);
  if (store === undefined) {
    const { policies, prefix } = spec;
    const name = nameOf(spec);
    store = engineErrors(() => engine.createStore({ policies, name, prefix }, scratch));
    stores.set(spec, store);
  }
  return store;
}
