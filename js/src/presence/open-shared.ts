import { optionError } from "../errors.js";
import { type EnginePresence, type EnginePresenceConfig, machines } from "../machines.js";
import { type Channels, openChannels } from "../redis/channels.js";
import { commandsOf } from "../redis/clients.js";
import type { Commands } from "../redis/commands.js";
import { useConnection } from "../redis/connections.js";
import type { StoreSettings } from "../store/settings.js";
import { engineErrors } from "../validate.js";
import { Scripts } from "./scripts.js";

/** How long calls wait where `storeTimeout` does not say it. */
const TIMEOUT_MS = 250;
/** Into how many slots of a Cluster the rooms are spread. */
const CLUSTER_PARTITIONS = 16;

/** What presence over Redis works with. */
export interface Shared {
  engine: EnginePresence;
  scripts: Scripts;
  channels: Channels;
  partitions: number;
  timeoutMs: number;
  free(): void;
}

/**
 * Opens presence over Redis.
 *
 * @throws TollgateError with a `CONFIG_…` code.
 */
export function openShared(
  config: EnginePresenceConfig,
  { name, prefix, timeoutMs = TIMEOUT_MS }: Pick<StoreSettings, "name" | "prefix" | "timeoutMs">,
  redis: unknown,
  onError: (error: Error) => void,
): Shared {
  const place = [checkedName(name), prefix] as const;
  // What can be wrong is looked at before anything is opened.
  engineErrors(() => machines.createPresence(config, ...place, 1));
  const channels = openChannels({ redis, timeoutMs, onError });
  const { commands, end } = commandsFor(redis, onError);
  const partitions = commands.isCluster ? CLUSTER_PARTITIONS : 1;
  const scripts = new Scripts(commands, timeoutMs);
  const stopListening = scripts.link.onError(onError);
  return {
    engine: engineErrors(() => machines.createPresence(config, ...place, partitions)),
    scripts,
    channels,
    partitions,
    timeoutMs,
    free: () => {
      stopListening();
      end();
    },
  };
}

function commandsFor(redis: unknown, onError: (error: Error) => void): { commands: Commands; end(): void } {
  if (typeof redis !== "string")
    return { commands: commandsOf(Array.isArray(redis) ? redis[0] : redis), end: () => {} };
  const { connection, end } = useConnection(redis, onError);
  return { commands: connection, end };
}

function checkedName(name: unknown = "default"): string {
  if (typeof name === "string" && /^[\x21-\x7e]{1,64}$/.test(name) && !/[{}]/.test(name)) return name;
  throw optionError("CONFIG_NAME", "name", name, "1 to 64 printable ASCII characters without spaces and braces");
}
