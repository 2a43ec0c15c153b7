import { Connection } from "./connection.js";
import { checkUrl } from "./url.js";

interface Shared {
  connection: Connection;
  users: number;
  listeners: Set<(error: Error) => void>;
}

/** By URL, for the whole process: also where one part of it imports this package, and another requires it. */
const REGISTRY = Symbol.for("tollgate.redis.connections.1");
const registry = globalThis as { [REGISTRY]?: Map<string, Shared> };

/** A use of the connection to a URL. The last to end closes it. */
export interface ConnectionUse {
  connection: Connection;
  end(): void;
}

/**
 * The connection to a URL, opened when it is first asked for.
 *
 * @throws TollgateError `CONFIG_REDIS` where it is no Redis URL.
 */
export function useConnection(url: string, onError: (error: Error) => void): ConnectionUse {
  checkUrl(url);
  registry[REGISTRY] ??= new Map();
  const all = registry[REGISTRY];
  const shared = all.get(url) ?? open(url);
  all.set(url, shared);
  shared.users++;
  shared.listeners.add(onError);
  let ended = false;
  return {
    connection: shared.connection,
    end: () => {
      if (ended) return;
      ended = true;
      shared.listeners.delete(onError);
      shared.users--;
      if (shared.users > 0) return;
      all.delete(url);
      shared.connection.close();
    },
  };
}

function open(url: string): Shared {
  const listeners = new Set<(error: Error) => void>();
  const connection = new Connection(url, (error) => {
    for (const listener of listeners) listener(error);
  });
  return { connection, users: 0, listeners };
}
