import { optionError, TollgateError } from "../errors.js";
import type { PacerSettings } from "../pacer/options.js";
import { checkedName, groupSettings, HEARTBEAT_MS, type ShareSettings } from "../share/settings.js";
import { SharedQuota, type ShareHost } from "../share/shared-quota.js";
import type { Quota } from "./quota.js";
import { QuotaManager, queueOf } from "./quota-manager.js";

/** What a client of Redis is to a {@link RedisQuotaManager}. */
type Client = object;

/**
 * Shares a quota with all servers that use the same channel, those that run p-ratelimit 1.0.1 among them. Each has
 * `floor(quota / servers)`, or what the rule of `rateLowerBound` says where the quota names one.
 */
export class RedisQuotaManager extends QuotaManager {
  readonly #quota: Quota;
  readonly #group: SharedQuota;

  /**
   * @param quota what all servers together may do.
   * @param channelName names the quota in Redis: 1 to 256 characters.
   * @param client a client of ioredis or redis (also a cluster's) that can be duplicated, or an array of two: one that
   * publishes and one that subscribes and does nothing else.
   * @param heartbeatInterval milliseconds, the same in all servers: one not heard of for three is dropped.
   * @throws TollgateError where one of them cannot be used.
   */
  constructor(
    quota: Quota,
    channelName: string,
    client: Client | readonly Client[],
    heartbeatInterval: number = HEARTBEAT_MS,
  ) {
    let group: SharedQuota | undefined;
    super(quota, (settings) => {
      group = new SharedQuota(settingsOf({ quota, channelName, client, heartbeatInterval, settings }));
      return group;
    });
    this.#quota = super.quota;
    this.#group = group as unknown as SharedQuota;
    const queue = queueOf(this);
    this.#group.start(warnings(() => [queue], channelName));
  }

  /** True once this server's share is in force. */
  override get ready(): boolean {
    this.#group.check();
    return this.#group.isReady;
  }

  /** This server's share of the quota, as a copy. Before it is ready, rate and concurrency are 0. */
  override get quota(): Quota {
    this.#group.check();
    const { rate, concurrency } = this.#quota;
    const share = { ...this.#quota };
    if (rate !== undefined) share.rate = this.#group.shares[0] ?? 0;
    if (concurrency !== undefined || !this.#group.isReady) share.concurrency = this.#concurrency(concurrency);
    return share;
  }

  /** Leaves the group: the others take over this server's share. Calls that wait reject with `CLOSED`. */
  override async close(): Promise<void> {
    await super.close();
    await this.#group.close();
  }

  #concurrency(whole: number | undefined): number {
    if (whole !== undefined && whole !== Number.POSITIVE_INFINITY) return this.#group.concurrency;
    return this.#group.isReady ? Number.POSITIVE_INFINITY : 0;
  }
}

interface Given {
  quota: Quota;
  channelName: unknown;
  client: unknown;
  heartbeatInterval: unknown;
  settings: PacerSettings;
}

function settingsOf({ quota, channelName, client, heartbeatInterval, settings }: Given): ShareSettings {
  const { fastStart = false, rateLowerBound } = quota ?? {};
  return groupSettings({
    redis: clientsOf(client),
    name: checkedName("channelName", channelName),
    pacer: settings,
    fastStart: Boolean(fastStart),
    strictStart: false,
    rateLowerBound,
    split: "floor",
    heartbeatMicros: heartbeatMicros(heartbeatInterval),
  });
}

function clientsOf(given: unknown): unknown {
  const clients = Array.isArray(given) ? given : [given];
  if (clients.length !== 1) return given;
  const [client] = clients;
  if (typeof client === "string" || typeof client?.duplicate === "function") return client;
  throw new TollgateError(
    "CONFIG_REDIS",
    "client: this Redis client does not support the client.duplicate() function",
    "Give an array of two clients: one that publishes, and one that subscribes and does nothing else.",
  );
}

function heartbeatMicros(given: unknown): number {
  if (Number.isSafeInteger(given) && (given as number) > 0) return (given as number) * 1000;
  throw optionError(
    "CONFIG_HEARTBEAT",
    "heartbeatInterval",
    given,
    "a whole number of milliseconds, from 100 to 3600000",
  );
}

/** p-ratelimit has no events: what its users have to know is written to the console, once. */
function warnings(queues: ShareHost["queues"], channel: string): ShareHost {
  const told = new Set<string>();
  const warn = (about: string, text: string) => {
    if (!told.has(about)) console.warn(`[tollgate RedisQuotaManager ${channel}] ${text}`);
    told.add(about);
  };
  const nothing = () => {};
  return {
    queues,
    share: nothing,
    members: nothing,
    fenced: (isFenced) =>
      isFenced && warn("fenced", "cut off from the other servers: nothing starts until Redis is back"),
    conflict: (ours, theirs) => warn("conflict", `another server says that the quota is ${theirs}; here it is ${ours}`),
    error: (error) => warn("error", error.message),
    starved: () =>
      warn(
        "starved",
        "calls wait, and the quota is smaller than the number of servers, so that floor(quota / servers) is 0: " +
          'use createPacer with split: "even", fewer servers, or a larger quota',
      ),
  };
}
