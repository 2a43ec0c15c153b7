import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChannelListener, Channels, ChannelsSpec } from "../src/redis/channels.js";
import type { ShareSettings } from "../src/share/settings.js";
import { SharedQuota, type ShareHost } from "../src/share/shared-quota.js";

const HEARTBEAT = 3_000;

/** Channels within this process; `isCut` lets nothing through. */
class Wire {
  isCut = false;
  sent: string[] = [];
  #listeners = new Map<string, Set<ChannelListener>>();

  open = (_spec: ChannelsSpec): Channels => {
    const own: [string, ChannelListener][] = [];
    return {
      publish: async (channel, message) => {
        if (this.isCut) throw Object.assign(new Error("it is cut"), { code: "STORE_UNAVAILABLE" });
        this.sent.push(message);
        const listeners = [...(this.#listeners.get(channel) ?? [])];
        await Promise.resolve();
        for (const listener of listeners) if (!this.isCut) listener(message, channel);
        return listeners.length;
      },
      subscribe: async (channel, listener) => {
        if (this.isCut) throw Object.assign(new Error("it is cut"), { code: "STORE_UNAVAILABLE" });
        const all = this.#listeners.get(channel) ?? new Set();
        this.#listeners.set(channel, all.add(listener));
        own.push([channel, listener]);
        return async () => {};
      },
      psubscribe: async () => async () => {},
      on: () => () => {},
      close: async () => {
        for (const [channel, listener] of own) this.#listeners.get(channel)?.delete(listener);
      },
    };
  };
}

interface Told {
  events: string[];
  member: SharedQuota;
  queue: { shares: readonly number[]; concurrency: number; waiting: number };
}

function join(wire: Wire, peers: Partial<ShareSettings["peers"]> = {}): Told {
  const settings: ShareSettings = {
    redis: "redis://127.0.0.1",
    channel: "ratelimit-a",
    peers: {
      limits: [10],
      intervalMicros: 1e6,
      split: "even",
      least: 0,
      fastStart: false,
      strictStart: false,
      heartbeatMicros: HEARTBEAT * 1000,
      ...peers,
    },
  };
  const events: string[] = [];
  const member = new SharedQuota(settings, wire.open);
  const queue = {
    shares: [] as readonly number[],
    concurrency: 0,
    waiting: 0,
    setShare(shares: readonly number[], concurrency: number) {
      Object.assign(queue, { shares, concurrency });
    },
  };
  const host: ShareHost = {
    queues: () => [queue],
    share: (now, was) => events.push(`share ${was} ${now}`),
    members: (count) => events.push(`members ${count}`),
    fenced: (isFenced) => events.push(`fenced ${isFenced}`),
    conflict: (ours, theirs) => events.push(`conflict ${ours} | ${theirs}`),
    error: ({ message }) => events.push(`error ${message}`),
    starved: () => events.push("starved"),
  };
  member.start(host);
  return { events, member, queue };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a member of a shared quota", () => {
  it("has nothing at first, and its part once it knows the others", async () => {
    const wire = new Wire();
    const [a, b, c] = [join(wire), join(wire), join(wire)];
    expect(a.member.isReady).toBe(false);
    expect(a.member.shares).toEqual([0]);
    await pass(6_000);
    expect([a, b, c].map(({ queue }) => queue.shares[0]).sort()).toEqual([3, 3, 4]);
    expect(a.member.isReady && a.member.members === 3).toBe(true);
    await c.member.close();
    expect(c.queue.shares).toEqual([0]);
    await pass(2_000);
    expect([a, b].map(({ queue }) => queue.shares[0])).toEqual([5, 5]);
  });

  it("has all of it at once with a fast start, and none where nobody answers in time", async () => {
    const wire = new Wire();
    wire.isCut = true;
    const { member, queue, events } = join(wire, { fastStart: true });
    expect(member.shares).toEqual([10]);
    await pass(HEARTBEAT + 100);
    expect(queue.shares).toEqual([0]);
    expect(events).toContain("error it is cut");
    wire.isCut = false;
    await pass(20_000);
    expect(member.shares).toEqual([10]);
  });

  it("with a strict start has none before somebody who cannot be heard would have none", async () => {
    const wire = new Wire();
    const { member, queue } = join(wire, { strictStart: true });
    // A heartbeat and 2 in 1,000, an eighth of one for a message, a guarded window.
    const strict = HEARTBEAT * 1.002 + HEARTBEAT / 8 + 1_003;
    await pass(strict - 10);
    expect(member.shares).toEqual([0]);
    await pass(20);
    expect(queue.shares).toEqual([10]);
  });

  it("uses no share whose end no timer has told yet", async () => {
    const wire = new Wire();
    const { member, queue } = join(wire);
    await pass(6_000);
    expect(queue.shares).toEqual([10]);
    wire.isCut = true;
    // The machine slept: its timers know nothing of it, its clock does.
    vi.setSystemTime(Date.now() + 10 * HEARTBEAT);
    member.check();
    expect(queue.shares).toEqual([0]);
  });

  it("that is cut off remembers how many there were, and joins anew", async () => {
    const wire = new Wire();
    const [a, b] = [join(wire), join(wire)];
    await pass(6_000);
    wire.isCut = true;
    await pass(5 * HEARTBEAT);
    expect(a.queue.shares).toEqual([0]);
    expect(a.events.filter((event) => event.startsWith("fenced"))).toEqual(["fenced true"]);
    expect(a.events.filter((event) => event.startsWith("error"))).toHaveLength(1);
    expect(a.member.members).toBe(2);
    wire.isCut = false;
    await pass(3 * HEARTBEAT + 6_000);
    expect([a, b].map(({ queue }) => queue.shares[0])).toEqual([5, 5]);
    expect(a.events).toContain("fenced false");
  });

  it("without a share takes its turn, if calls wait", async () => {
    const wire = new Wire();
    const group = [1, 2, 3].map(() => join(wire, { limits: [2] }));
    await pass(6_000);
    const left = group.find(({ queue }) => queue.shares[0] === 0);
    expect(group.map(({ queue }) => queue.shares[0]).sort()).toEqual([0, 1, 1]);
    await pass(60_000);
    expect(left?.queue.shares).toEqual([0]);
    if (left !== undefined) left.queue.waiting = 1;
    await pass(60_000);
    expect(left?.queue.shares).toEqual([1]);
    expect(group.map(({ queue }) => queue.shares[0]).sort()).toEqual([0, 1, 1]);
  });

  it("beside members that give nobody their place says that it starves", async () => {
    const wire = new Wire();
    const group = [1, 2].map(() => join(wire, { limits: [1], split: "floor" }));
    for (const { queue } of group) queue.waiting = 1;
    await pass(10_000);
    expect(group.every(({ events }) => events.includes("starved"))).toBe(true);
  });

  it("divides every policy like the least", async () => {
    const wire = new Wire();
    const group = [1, 2, 3].map(() => join(wire, { limits: [100, 10, 9_007_199_254_740_991] }));
    await pass(6_000);
    const shares = group.map(({ queue }) => queue.shares.join(" ")).sort();
    expect(shares).toEqual(["30 3 2702159776422297", "30 3 2702159776422297", "40 4 3602879701896396"]);
  });

  it("divides the concurrency too", async () => {
    const wire = new Wire();
    const group = [1, 2].map(() => join(wire, { concurrency: 5 }));
    await pass(6_000);
    expect(group.map(({ queue }) => queue.concurrency).sort()).toEqual([2, 3]);
  });

  it("hears of another quota", async () => {
    const wire = new Wire();
    const { events } = join(wire);
    await pass(100);
    join(wire, { limits: [7] });
    await pass(100);
    expect(events).toContain("conflict 10 per 1000 ms | 7 per 1000 ms");
  });

  it("counts messages that are none of the group's", async () => {
    const wire = new Wire();
    const { member } = join(wire);
    await pass(100);
    const other = wire.open({ redis: "", timeoutMs: 1, onError: () => {} });
    const messages = ["", "{", "7", "[]", `"${"x".repeat(5_000)}"`, "\ud800"];
    for (const message of messages) await other.publish("ratelimit-a", message);
    expect(member.ignored).toBe(messages.length);
    expect(member.members).toBe(1);
  });
});
