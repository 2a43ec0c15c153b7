// What the engine says to Redis about presence, and what it makes of the answers.
import { expect, test } from "vitest";
import { type EngineCall, type EnginePresence, machines, presenceScripts } from "../../src/machines.js";

const HELD = 1;
const GONE = 0;
const REPLACED = 2;
const SECOND = 1_000_000;

function presence(partitions = 1): EnginePresence {
  return machines.createPresence({ ttlMicros: 30 * SECOND }, "n", "p", partitions);
}

const read = (call: string) => JSON.parse(call) as EngineCall;
const nameOf = ({ script }: EngineCall) => presenceScripts()[script]?.name;

test("a call names its script, its partition, its keys and its arguments", () => {
  const own = presence();
  const join = read(own.join("room é", "c1", 7, "ann", '{"a":"\\n"}', 0));
  expect(nameOf(join)).toBe("join");
  expect(join.partition).toBe(0);
  expect(join.keys).toEqual(
    ["rooms", "expiry:room é", "who:room é", "users:room é"].map((key) => `{p:n:presence:0}:${key}`),
  );
  expect(join.args.slice(0, 5)).toEqual(["room é", "p:n:presence:room é", "c1", "7", '3 ann{"a":"\\n"}']);
  expect(own.pace()).toBe(`${30 * SECOND} ${10 * SECOND}`);
  const calls = [own.update("r", "c1", 7, undefined, "1"), own.due(0), own.sweep(0, ["r"]), own.members("r", "0", 9)];
  expect(calls[0]).toBe("");
  expect([...calls.slice(1), own.count("r"), own.has("r", "c")].map((call) => nameOf(read(call)))).toEqual([
    "due",
    "sweep",
    "members",
    "count",
    "has",
  ]);
});

test("rooms are spread over partitions, and a call says its own", () => {
  const own = presence(16);
  const found = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const { partition, keys } = read(own.count(`r${i}`));
    expect(keys[0]).toBe(`{p:n:presence:${partition}}:rooms`);
    found.add(partition);
  }
  expect(found.size).toBe(16);
});

test("members are vouched for until another session holds them, and join again where the store forgot them", () => {
  const own = presence();
  for (const [i, id] of ["a", "b", "c"].entries()) own.join("r", id, i, undefined, "1", 0);
  expect(own.next()).toBe(10 * SECOND);
  const beats = JSON.parse(own.dueBeats(10 * SECOND)) as { batch: number; call: EngineCall }[];
  expect(beats.map(({ call }) => nameOf(call))).toEqual(["heartbeat"]);
  const batch = beats[0]?.batch as number;
  expect(JSON.parse(own.beaten(batch, [0, GONE, 1, REPLACED]))).toEqual([{ room: "r", id: "a", session: 0 }]);
  expect(nameOf(read(own.stands("r", "a", 0, GONE)))).toBe("join");
  expect(own.stands("r", "b", 1, GONE)).toBe("lost");
  expect(own.stands("r", "c", 2, HELD)).toBe("held");
  expect(own.stands("r", "c", 2, 9)).toBe("");
  expect(own.leave("r", "b", 1)).toBe("");
  expect((JSON.parse(own.leaveAll()) as EngineCall[]).map((call) => call.args[2])).toEqual(["a", "c"]);
  expect(own.next()).toBe(-1);
});

test("a batch without an answer brings the next round forward, and a foreign answer is none", () => {
  const own = presence();
  own.join("r", "a", 1, undefined, "1", 0);
  const [beat] = JSON.parse(own.dueBeats(10 * SECOND)) as { batch: number }[];
  own.unanswered(beat?.batch as number, 10 * SECOND);
  expect(own.next()).toBe(12.5 * SECOND);
  own.returned(11 * SECOND);
  expect(own.next()).toBe(11 * SECOND);
  const [next] = JSON.parse(own.dueBeats(11 * SECOND)) as { batch: number }[];
  expect(own.beaten(next?.batch as number, [7, 7])).toBe("");
  expect(own.page(["0"])).toBe("");
  expect(own.event("p:n:presence:r", "hello")).toBe("");
  expect(own.event("another", "2 1 joined 1 c0 1")).toBe("");
});

test("a view tells what is different after what it has missed", () => {
  const own = presence();
  const channel = own.channel("r");
  const watch = own.watch("r");
  expect(own.watchPage(watch, ["0", "10", "a", "1 0 1", "b", "1 3 ann2"])).toBe(1);
  expect(own.changes(watch)).toBe("");
  own.watchStart(watch);
  const [a, b] = [
    { id: "a", data: 1 },
    { id: "b", user: "ann", data: 2 },
  ];
  expect(JSON.parse(own.changes(watch))).toEqual({ joined: [a, b], updated: [], left: [] });
  expect(own.watchEvent(channel, "11 10 joined 1 c0 3")).toEqual([]);
  expect(own.watchEvent(channel, "13 12 joined 1 d0 4")).toEqual([watch]);
  own.watchRestart(watch);
  expect(own.watchPage(watch, ["broken"])).toBe(-1);
  expect(own.watchPage(watch, ["0", "14", "a", "1 0 5", "d", "1 0 4"])).toBe(1);
  own.watchStart(watch);
  const changes = JSON.parse(own.changes(watch));
  expect(changes).toEqual({ joined: [{ id: "d", data: 4 }], updated: [{ id: "a", data: 5 }], left: [b] });
  own.unwatch(watch);
  expect(own.watchEvent(channel, "20 19 joined 1 e0 4")).toEqual([]);
});

test("an event tells its room, its member and whether the user came or went", () => {
  const own = presence();
  expect(JSON.parse(own.event(own.channel("r"), "12 10 expired+user 2 c13 ann{}"))).toEqual({
    room: "r",
    kind: "leave",
    reason: "expired",
    user: true,
    member: { id: "c1", user: "ann", data: {} },
  });
});
