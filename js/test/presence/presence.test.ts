import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPresence } from "../../src/index.js";
import { heard, names } from "./hearing.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("events", () => {
  it("tell once of each join, update and leave", async () => {
    const presence = createPresence<{ name: string }>();
    const events = heard(presence);
    const ann = await presence.join("lobby", { id: "a", data: { name: "Ann" } });
    await ann.update({ name: "Anna" });
    await ann.update({ name: "Anna" });
    await ann.leave();
    await ann.leave();
    expect(events).toEqual([
      ["join", { room: "lobby", member: { id: "a", data: { name: "Ann" } } }],
      ["update", { room: "lobby", member: { id: "a", data: { name: "Anna" } } }],
      ["leave", { room: "lobby", member: { id: "a", data: { name: "Anna" } }, reason: "left" }],
    ]);
  });

  it("tell of a user's first and last connection", async () => {
    const presence = createPresence();
    const events = heard(presence);
    const one = await presence.join("lobby", { id: "1", user: "ann" });
    const two = await presence.join("lobby", { id: "2", user: "ann" });
    await one.leave();
    await two.leave();
    expect(names(events)).toEqual(["join 1", "user-join 1", "join 2", "leave 1", "leave 2", "user-leave 2"]);
  });

  it("come in order also when a listener makes more of them", async () => {
    const presence = createPresence();
    const pending: Promise<unknown>[] = [];
    presence.on("join", ({ member }) => {
      if (member.id === "1") pending.push(presence.join("lobby", { id: "2" }));
    });
    const events = heard(presence);
    await presence.join("lobby", { id: "1", user: "ann" });
    await Promise.all(pending);
    expect(names(events)).toEqual(["join 1", "user-join 1", "join 2"]);
  });

  it("stop for a listener that was ended, and go on behind one that throws", async () => {
    const presence = createPresence();
    const errors: unknown[] = [];
    presence.on("error", (error) => errors.push(error));
    presence.on("join", () => {
      throw new Error("mine");
    });
    const ended = vi.fn();
    presence.on("join", ended)();
    const events = heard(presence);
    await presence.join("lobby", { id: "1" });
    expect(names(events)).toEqual(["join 1"]);
    expect(ended).not.toHaveBeenCalled();
    expect(errors).toEqual([new Error("mine")]);
  });
});

describe("a place", () => {
  it("belongs to the newest connection of its id: a late leave or update does nothing to it", async () => {
    const presence = createPresence<number>();
    const old = await presence.join("lobby", { id: "a", data: 1 });
    const events = heard(presence);
    const young = await presence.join("lobby", { id: "a", data: 1 });
    await old.leave();
    await expect(old.update(5)).rejects.toMatchObject({ code: "CLOSED", message: "the membership is closed" });
    expect(events).toEqual([]);
    expect(await presence.has("lobby", "a")).toBe(true);
    await young.update(2);
    expect(names(events)).toEqual(["update a"]);
  });

  it("goes to another user by a leave and a join", async () => {
    const presence = createPresence();
    const events = heard(presence);
    await presence.join("lobby", { id: "a", user: "ann" });
    await presence.join("lobby", { id: "a", user: "bob" });
    expect(names(events)).toEqual(["join a", "user-join a", "leave a", "user-leave a", "join a", "user-join a"]);
  });

  it("is kept for a grace, in which nobody is told of a reconnect", async () => {
    const presence = createPresence({ grace: "5s" });
    const first = await presence.join("lobby", { id: "a", data: 1 });
    const events = heard(presence);
    await first.leave();
    expect(await presence.has("lobby", "a")).toBe(true);
    await vi.advanceTimersByTimeAsync(4_999);
    const second = await presence.join("lobby", { id: "a", data: 1 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(events).toEqual([]);
    await second.leave();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(events).toEqual([["leave", { room: "lobby", member: { id: "a", data: 1 }, reason: "left" }]]);
    expect(await presence.has("lobby", "a")).toBe(false);
  });

  it("outlives the ttl: in one process nobody dies alone", async () => {
    const presence = createPresence({ ttl: "1s", heartbeat: 300 });
    await presence.join("lobby", { id: "a" });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await presence.has("lobby", "a")).toBe(true);
  });

  it("has an id of its own where none was given", async () => {
    const presence = createPresence();
    const ids = await Promise.all([1, 2, 3].map(async () => (await presence.join("lobby", {})).id));
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });
});

describe("reading", () => {
  it("pages through everybody in the order of their ids", async () => {
    const presence = createPresence<number>();
    for (const i of [3, 1, 2]) await presence.join("lobby", { id: `m${i}`, user: "ann", data: i });
    const first = await presence.members("lobby", { limit: 2 });
    expect(first).toEqual({
      members: [
        { id: "m1", user: "ann", data: 1 },
        { id: "m2", user: "ann", data: 2 },
      ],
      cursor: "m2",
    });
    const rest = await presence.members("lobby", { limit: 2, cursor: first.cursor as string });
    expect(rest).toEqual({ members: [{ id: "m3", user: "ann", data: 3 }] });
    expect(await presence.members("empty")).toEqual({ members: [] });
  });

  it("counts connections and users", async () => {
    const presence = createPresence();
    for (const user of ["ann", "ann", "bob", undefined]) {
      await presence.join("lobby", user === undefined ? {} : { user });
    }
    expect(await presence.count("lobby")).toEqual({ members: 4, users: 2 });
    expect(await presence.count("other")).toEqual({ members: 0, users: 0 });
  });

  it("gives back any name and any data", async () => {
    const presence = createPresence<unknown>();
    const texts = ['"\\', "\0\x1f\n", "é🦀\u2028", "{}", " ", "__proto__"];
    for (const text of texts) await presence.join(text, { id: text, user: text, data: { [text]: [text, null, 1.5] } });
    for (const text of texts) {
      const { members } = await presence.members(text);
      expect(members).toEqual([{ id: text, user: text, data: { [text]: [text, null, 1.5] } }]);
    }
  });

  it("gives copies: what others do to theirs changes nothing", async () => {
    const presence = createPresence<{ list: number[] }>();
    const data = { list: [1] };
    await presence.join("lobby", { id: "a", data });
    data.list.push(2);
    const read = async () => (await presence.members("lobby")).members[0]?.data.list;
    (await read())?.push(3);
    expect(await read()).toEqual([1]);
  });
});

describe("after close", () => {
  it("calls reject, timers are gone, and leaving is no error", async () => {
    const presence = createPresence({ grace: "1s" });
    const events = heard(presence);
    const ann = await presence.join("lobby", { id: "a" });
    const bob = await presence.join("lobby", { id: "b" });
    await bob.leave();
    expect(vi.getTimerCount()).toBe(1);
    await presence.close();
    expect(vi.getTimerCount()).toBe(0);
    await ann.leave();
    await expect(presence.join("lobby", {})).rejects.toMatchObject({ code: "CLOSED" });
    await expect(presence.members("lobby")).rejects.toMatchObject({ code: "CLOSED" });
    await expect(ann.update(1)).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => presence.watch("lobby")).toThrow("the presence is closed");
    expect(names(events)).toEqual(["join a", "join b"]);
  });
});
