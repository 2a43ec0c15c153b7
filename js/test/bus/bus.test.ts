import { describe, expect, it } from "vitest";
import { createBus } from "../../src/index.js";

interface Topics extends Record<string, unknown> {
  "chat:lobby": { text: string };
  "chat:den": { text: string };
  news: number;
}

/** Subscribes, and lists what comes. */
async function listen(bus: ReturnType<typeof createBus>, topic: string) {
  const got: [string, unknown][] = [];
  const end = await bus.subscribe(topic, (data, from) => {
    got.push([from, data]);
  });
  return { got, end };
}

describe("delivery", () => {
  it("is to all who have subscribed to the topic, at once and in order", async () => {
    const bus = createBus<Topics>();
    const got: [string, number][] = [];
    for (const name of ["one", "two"]) await bus.subscribe("news", (data) => void got.push([name, data]));
    await bus.subscribe("chat:lobby", () => expect.unreachable());
    const sent = [bus.publish("news", 1), bus.publish("news", 2)];
    expect(got).toEqual([
      ["one", 1],
      ["two", 1],
      ["one", 2],
      ["two", 2],
    ]);
    await Promise.all(sent);
    expect(bus.stats()).toMatchObject({ subscribers: 3, published: 2, delivered: 4, dropped: 0, unsent: 0, broken: 0 });
  });

  it("ends with the subscription, and with the bus", async () => {
    const bus = createBus();
    const [first, second] = [await listen(bus, "a"), await listen(bus, "a*")];
    await bus.publish("a", 1);
    await first.end();
    await bus.publish("a", 2);
    await bus.close();
    await expect(bus.publish("a", 3)).rejects.toMatchObject({ code: "CLOSED", message: "the bus is closed" });
    await expect(bus.subscribe("a", () => {})).rejects.toMatchObject({ code: "CLOSED" });
    expect(first.got).toEqual([["a", 1]]);
    expect(second.got.map(([, data]) => data)).toEqual([1, 2]);
    expect(bus.stats().subscribers).toBe(0);
  });

  it("is of copies", async () => {
    const bus = createBus();
    const sent = { list: [1] };
    const got: (typeof sent)[] = [];
    for (let i = 0; i < 2; i++) {
      await bus.subscribe("a", (data) => {
        got.push(data as typeof sent);
        (data as typeof sent).list.push(2);
      });
    }
    await bus.publish("a", sent);
    expect(got).toEqual([{ list: [1, 2] }, { list: [1, 2] }]);
    expect(sent).toEqual({ list: [1] });
  });

  it("of what a subscriber publishes itself comes after what it is at", async () => {
    const bus = createBus();
    const order: string[] = [];
    await bus.subscribe("a", (data) => {
      order.push(`begins ${data}`);
      if (data === 1) void bus.publish("a", 2);
      order.push(`ends ${data}`);
    });
    await bus.publish("a", 1);
    expect(order).toEqual(["begins 1", "ends 1", "begins 2", "ends 2"]);
  });

  it("goes on behind a subscriber that throws or rejects", async () => {
    const bus = createBus();
    const errors: unknown[] = [];
    bus.on("error", (error) => errors.push(error));
    await bus.subscribe("a", () => {
      throw new Error("thrown");
    });
    await bus.subscribe("a", async () => {
      throw new Error("rejected");
    });
    const { got } = await listen(bus, "a");
    await bus.publish("a", 1);
    await bus.publish("a", 2);
    await expect.poll(() => errors.length).toBe(4);
    expect(got.length).toBe(2);
  });
});

describe("patterns", () => {
  it.each([
    ["chat:*", ["chat:", "chat:a", "chat:a:b"], ["chat", "xchat:a"]],
    ["*", ["", "anything"].slice(1), []],
    ["a*b*c", ["abc", "axbxc", "abbcc"], ["ab", "acb", "abcd"]],
    ["*:x", [":x", "a:x"], ["a:xy", "x"]],
    ["a*a", ["aa", "aba"], ["a"]],
    ["a?[b]*", ["a?[b]", "a?[b]c"], ["axb", "ab"]],
    ["a**b", ["ab", "a*b".replace("*", "-")], ["b"]],
  ])("%s", async (pattern, matching, others) => {
    const bus = createBus();
    const { got } = await listen(bus, pattern);
    for (const topic of [...matching, ...others]) await bus.publish(topic, 0);
    expect(got.map(([topic]) => topic)).toEqual(matching);
  });
});

describe("a slow subscriber", () => {
  it("gets its messages one after the other, misses what does not fit, and is told how much", async () => {
    const bus = createBus();
    const got: unknown[] = [];
    let release = () => {};
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const resyncs: unknown[] = [];
    bus.on("resync", (resync) => resyncs.push(resync));
    await bus.subscribe("a", async (data) => {
      got.push(data);
      await first;
    });
    const fast = await listen(bus, "a");
    for (let i = 0; i < 1_500; i++) await bus.publish("a", i);
    expect(got).toEqual([0]);
    expect(fast.got.length).toBe(1_500);
    release();
    await expect.poll(() => got.length).toBe(1_001);
    expect(got).toEqual(Array.from({ length: 1_001 }, (_, i) => i));
    expect(resyncs).toEqual([{ reason: "slow", topic: "a", missed: 499 }]);
    expect(bus.stats().dropped).toBe(499);
  });
});

describe("bad input", () => {
  it.each([[""], [7], ["x".repeat(513)], ["\ud800"]])("topic %j", async (topic) => {
    const bus = createBus();
    await expect(bus.publish(topic as string, 1)).rejects.toMatchObject({ code: "CONFIG_TOPIC" });
    await expect(bus.subscribe(topic as string, () => {})).rejects.toMatchObject({ code: "CONFIG_TOPIC" });
  });

  it("a pattern to publish to, data that JSON cannot say, and no listener", async () => {
    const bus = createBus();
    await expect(bus.publish("a*", 1)).rejects.toMatchObject({ code: "CONFIG_TOPIC" });
    await expect(bus.publish("a", 1n)).rejects.toMatchObject({ code: "CONFIG_DATA" });
    await expect(bus.publish("a", () => 1)).rejects.toMatchObject({ code: "CONFIG_DATA" });
    await expect(bus.subscribe("a", undefined as never)).rejects.toMatchObject({ code: "CONFIG_FUNCTION" });
    await expect(bus.publish("a", "x".repeat(1_048_575))).rejects.toMatchObject({
      code: "CONFIG_DATA",
      message: expect.stringMatching(/1048577 characters.*at most 1048576/),
    });
    await bus.publish("a", "x".repeat(1_048_574));
    expect(bus.stats()).toMatchObject({ subscribers: 0, published: 1, delivered: 0, dropped: 0 });
  });

  it.each([
    [{ redis: "127.0.0.1" }, "CONFIG_REDIS"],
    [{ redis: null }, "CONFIG_REDIS"],
    [{ redis: [] }, "CONFIG_REDIS"],
    [{ name: "" }, "CONFIG_NAME"],
    [{ name: "\ud800" }, "CONFIG_NAME"],
    [{ storeTimeout: 0 }, "CONFIG_STORE_TIMEOUT"],
    [{ prefix: "" }, "CONFIG_PREFIX"],
    [{ ttl: 5 }, "CONFIG_UNKNOWN_OPTION"],
  ])("createBus(%j) throws %s", (options, code) => {
    expect(() => createBus(options as never)).toThrow(expect.objectContaining({ code }));
  });
});
