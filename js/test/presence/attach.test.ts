import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type AttachOptions, attachPresence, createPresence, type Presence } from "../../src/index.js";
import { heard, names } from "./hearing.js";

type Request = import("node:http").IncomingMessage;
type Options = AttachOptions<string, WebSocket, Request>;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server whose clients are members of the room that is their path, under the id that is their query. */
async function serve(presence: Presence<string>, options: Partial<Options> = {}) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const attached = attachPresence<string, WebSocket, Request>(server, presence, {
    member: ({ url = "" }) => {
      const { pathname, search } = new URL(url, "ws://local");
      return { room: pathname.slice(1), id: search.slice(1), data: "hello" };
    },
    ...options,
  });
  ends.push(() => attached.detach());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const open = async (path: string, settings = {}) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, settings);
    ends.push(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return socket;
  };
  return { server, attached, open };
}

const once = <T>(presence: Presence<T>, event: "join" | "leave") =>
  new Promise<string>((resolve) => {
    const end = presence.on(event, ({ member }) => {
      end();
      resolve(member.id);
    });
  });

it("connections join when they open and leave when they close", async () => {
  const presence = createPresence<string>();
  const events = heard(presence);
  const { open } = await serve(presence);
  const joined = once(presence, "join");
  const socket = await open("lobby?ann");
  await joined;
  expect((await presence.members("lobby")).members).toEqual([{ id: "ann", data: "hello" }]);
  const left = once(presence, "leave");
  socket.close();
  await left;
  expect(names(events)).toEqual(["join ann", "leave ann"]);
});

it("a connection that answers pings stays, one that does not is ended and leaves", async () => {
  const presence = createPresence<string>();
  const { open } = await serve(presence, { heartbeat: 50 });
  let pings = 0;
  const alive = await open("lobby?alive");
  const left = once(presence, "leave");
  const isPingedOften = new Promise<void>((resolve) => {
    alive.on("ping", () => {
      if (++pings === 5) resolve();
    });
  });
  await open("lobby?silent", { autoPong: false });
  expect(await left).toBe("silent");
  await isPingedOften;
  expect(await presence.has("lobby", "alive")).toBe(true);
});

it("a connection that closes before it has joined leaves all the same", async () => {
  const presence = createPresence<string>();
  let admit = () => {};
  const decided = new Promise<void>((resolve) => {
    admit = resolve;
  });
  const asked = deferred();
  const { server, open } = await serve(presence, {
    member: async () => {
      asked.resolve(undefined);
      await decided;
      return { room: "lobby", id: "late", data: "" };
    },
  });
  const socket = await open("");
  await asked.promise;
  const [served] = server.clients;
  const closed = new Promise((resolve) => served?.once("close", resolve));
  socket.close();
  await closed;
  const left = once(presence, "leave");
  admit();
  expect(await left).toBe("late");
  expect(await presence.count("lobby")).toEqual({ members: 0, users: 0 });
});

function deferred() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise<unknown>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

it("the old connection of an id that reconnects removes nobody when it closes", async () => {
  const presence = createPresence<string>();
  const events = heard(presence);
  const { open, server } = await serve(presence);
  const joined = once(presence, "join");
  const old = await open("lobby?ann");
  await joined;
  const [served] = server.clients;
  await open("lobby?ann");
  await expect.poll(() => server.clients.size).toBe(2);
  const closed = new Promise((resolve) => served?.once("close", resolve));
  old.close();
  await closed;
  expect(await presence.has("lobby", "ann")).toBe(true);
  expect(names(events)).toEqual(["join ann"]);
});

it("who stands for nobody is no member, and an error is told and harms nobody", async () => {
  const presence = createPresence<string>();
  const errors: unknown[] = [];
  const told = deferred();
  const { open } = await serve(presence, {
    member: ({ url }) => (url === "/nobody" ? undefined : { room: "", id: "x", data: "" }),
    onError: (error) => {
      errors.push(error);
      told.resolve(undefined);
      throw new Error("a handler that fails too");
    },
  });
  const nobody = await open("nobody");
  const wrong = await open("wrong");
  await told.promise;
  expect(errors).toMatchObject([{ code: "CONFIG_ROOM" }]);
  expect([nobody.readyState, wrong.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
});

it("the application finds the place of a connection, until it is gone", async () => {
  const presence = createPresence<string>();
  const { open, server, attached } = await serve(presence);
  const joined = once(presence, "join");
  const socket = await open("lobby?ann");
  await joined;
  const [served] = [...server.clients] as [WebSocket];
  await expect.poll(() => attached.membership(served)?.id).toBe("ann");
  await attached.membership(served)?.update("renamed");
  expect((await presence.members("lobby")).members).toEqual([{ id: "ann", data: "renamed" }]);
  const left = once(presence, "leave");
  socket.close();
  await left;
  expect(attached.membership(served)).toBeUndefined();
});

const nobody = (): undefined => undefined;

it.each([
  [{}, "CONFIG_FUNCTION"],
  [{ member: nobody, onError: 1 }, "CONFIG_FUNCTION"],
  [{ member: nobody, heartbeat: 5 }, "CONFIG_HEARTBEAT"],
  [{ member: nobody, room: "lobby" }, "CONFIG_UNKNOWN_OPTION"],
])("attachPresence with %j throws %s and listens to nothing", (options, code) => {
  const server = { on: () => expect.unreachable(), off: () => undefined };
  expect(() => attachPresence(server, createPresence<string>(), options as never)).toThrow(
    expect.objectContaining({ code }),
  );
});
