import type { OpenSubscriber } from "./open-subscriber.js";
import { Subscriptions } from "./subscriptions.js";

interface Shared {
  subscriptions: Subscriptions;
  users: number;
}

/** By URL, for the whole process: also where one part of it imports this package, and another requires it. */
const REGISTRY = Symbol.for("tollgate.redis.subscriptions.1");
const registry = globalThis as { [REGISTRY]?: Map<unknown, Shared> };

/** A use of the subscriptions over a URL or a client. The last to end closes their connection. */
export interface SubscriptionsUse {
  subscriptions: Subscriptions;
  end(): void;
}

/** The subscriptions over what `place` is: a URL, or the client that subscribes or is like the one that does. */
export function useSubscriptions(place: string | object, open: () => OpenSubscriber): SubscriptionsUse {
  registry[REGISTRY] ??= new Map();
  const all = registry[REGISTRY];
  const shared = all.get(place) ?? { subscriptions: new Subscriptions(open()), users: 0 };
  all.set(place, shared);
  shared.users++;
  let ended = false;
  return {
    subscriptions: shared.subscriptions,
    end: () => {
      if (ended) return;
      ended = true;
      shared.users--;
      if (shared.users > 0) return;
      all.delete(place);
      shared.subscriptions.close();
    },
  };
}
