import { expect, it } from "vitest";
import { createPresence, type PresenceChange } from "../../src/index.js";

const iterate = <T>(iterable: AsyncIterable<T>) => iterable[Symbol.asyncIterator]();

const changes = (change: Partial<Record<"joined" | "updated" | "left", unknown[]>>) => ({
  joined: [],
  updated: [],
  left: [],
  ...change,
});

it("a watch begins with everybody and goes on with what changes", async () => {
  const presence = createPresence<number>();
  const ann = await presence.join("lobby", { id: "a", data: 1 });
  const watch = iterate(presence.watch("lobby"));
  expect((await watch.next()).value).toEqual({ snapshot: [{ id: "a", data: 1 }] });
  const next = watch.next();
  await presence.join("lobby", { id: "b", data: 2 });
  expect((await next).value).toEqual(changes({ joined: [{ id: "b", data: 2 }] }));
  await ann.update(3);
  expect((await watch.next()).value).toEqual(changes({ updated: [{ id: "a", data: 3 }] }));
  await ann.leave();
  expect((await watch.next()).value).toEqual(changes({ left: [{ id: "a", data: 3 }] }));
});

it("what happens while nobody asks is summed up", async () => {
  const presence = createPresence<number>();
  const ann = await presence.join("lobby", { id: "a", data: 1 });
  const watch = iterate(presence.watch("lobby"));
  await watch.next();
  const gone = await presence.join("lobby", { id: "g" });
  await presence.join("lobby", { id: "b", data: 1 });
  await presence.join("other", { id: "elsewhere" });
  for (let i = 0; i < 100; i++) await ann.update(i);
  await gone.leave();
  expect((await watch.next()).value).toEqual(
    changes({ joined: [{ id: "b", data: 1 }], updated: [{ id: "a", data: 99 }] }),
  );
});

it("two hundred who come at once are one change, and when they go another", async () => {
  const presence = createPresence<number>();
  const watch = iterate(presence.watch("lobby"));
  await watch.next();
  const crowd = Array.from({ length: 200 }, (_, i) => ({ id: `m${i}`, data: i }));
  const places = await Promise.all(crowd.map((member) => presence.join("lobby", member)));
  const joined = (await watch.next()).value as Extract<PresenceChange<number>, { joined: unknown }>;
  expect(joined.joined).toHaveLength(200);
  await Promise.all(places.map((place) => place.leave()));
  const left = (await watch.next()).value as Extract<PresenceChange<number>, { left: unknown }>;
  expect(left.left.map(({ id }) => id).sort()).toEqual(crowd.map(({ id }) => id).sort());
  expect(left.joined).toEqual([]);
});

it("nobody who joins between the snapshot and the first look is missed or told twice", async () => {
  const presence = createPresence();
  const watch = iterate(presence.watch("lobby"));
  await presence.join("lobby", { id: "a" });
  expect((await watch.next()).value).toEqual({ snapshot: [{ id: "a", data: null }] });
  const next = watch.next();
  await presence.join("lobby", { id: "b" });
  expect((await next).value).toEqual(changes({ joined: [{ id: "b", data: null }] }));
});

it("several that wait are served one after the other, and two watches each for itself", async () => {
  const presence = createPresence();
  const [one, two] = [iterate(presence.watch("lobby")), iterate(presence.watch("lobby"))];
  await one.next();
  const waiting = [one.next(), one.next()];
  await presence.join("lobby", { id: "a" });
  await presence.join("lobby", { id: "b" });
  const joined = (await Promise.all(waiting)).map(({ value }) => (value as { joined: { id: string }[] }).joined);
  expect(joined.map((list) => list.map(({ id }) => id))).toEqual([["a"], ["b"]]);
  const { snapshot } = (await two.next()).value as { snapshot: { id: string }[] };
  expect(snapshot.map(({ id }) => id)).toEqual(["a", "b"]);
});

it("a loop that breaks ends its watch, also while it waits", async () => {
  const presence = createPresence();
  for await (const change of presence.watch("lobby")) {
    expect(change).toEqual({ snapshot: [] });
    break;
  }
  const watch = iterate(presence.watch("lobby"));
  await watch.next();
  const waiting = watch.next();
  await watch.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await watch.next()).toEqual({ done: true, value: undefined });
});

it("closing ends watches", async () => {
  const presence = createPresence();
  const seen: PresenceChange<unknown>[] = [];
  const loop = (async () => {
    for await (const change of presence.watch("lobby")) seen.push(change);
  })();
  await presence.join("lobby", { id: "a" });
  await presence.close();
  await loop;
  expect(seen).toEqual([{ snapshot: [] }, changes({ joined: [{ id: "a", data: null }] })]);
});
