// Who is here: each open page is a member of one room over a WebSocket, in whichever process that arrives.
import { attachPresence, createBus, createPresence } from "tollgate";
import { heard, tell } from "./sockets.mjs";

const ROOM = "page";
const MOST_GUESTS = 20;
const EVENTS = ["join", "update", "leave", "user-join", "user-leave"];

/** The room of this process, and of all others where there is a Redis. `name` is this process's. */
export async function openRoom({ redis, ttl, heartbeat, name = "1", processes = 1 }) {
  const store = redis === undefined ? {} : { redis };
  const presence = createPresence({ ...store, name: "demo", ttl, heartbeat });
  const bus = createBus({ ...store, name: "demo" });
  const clients = new Set();
  const all = (message) => {
    for (const client of clients) tell(client, message);
  };
  const guests = [];

  presence.on("error", report);
  bus.on("error", report);
  for (const event of EVENTS) {
    presence.on(event, ({ room, member, reason }) => {
      if (room === ROOM) all({ type: "event", event, member, reason });
    });
  }
  // Without its Redis the page says nothing of others, and comes back by itself.
  await bus.subscribe("chat", (line) => all({ type: "chat", ...line })).catch(report);

  function begin(sockets) {
    const attached = attachPresence(sockets, presence, {
      member: (_request, client) => entering(client, name),
      onError: (error, socket) => tell(socket, { type: "failed", message: error.message }),
    });
    sockets.on("connection", (client) => {
      clients.add(client);
      tell(client, { type: "hello", process: name, processes, shared: redis !== undefined, ttl, heartbeat });
      void follow(client);
      client.on("close", () => clients.delete(client));
      client.on("message", (data) => act(attached.membership(client), heard(data)).catch(tellFailed(client)));
    });
  }

  /** Everybody first, then what changes, until the client goes. */
  async function follow(client) {
    try {
      for await (const change of presence.watch(ROOM)) {
        if (client.readyState !== client.OPEN) return;
        tell(client, { type: "roster", ...change });
      }
    } catch (error) {
      tell(client, { type: "failed", message: error.message });
    }
  }

  async function act(place, message) {
    if (message?.type === "rename") await place?.update({ name: shown(message.name, 40) || "Somebody", process: name });
    if (message?.type === "say") {
      const text = shown(message.text, 200);
      if (text !== "") await bus.publish("chat", { from: shown(message.from, 40), text, process: name });
    }
    if (message?.type === "guests") await invite();
    if (message?.type === "dismiss") await Promise.all(guests.splice(0).map((guest) => guest.leave()));
    // As a crash does: nobody is told.
    if (message?.type === "kill" && processes > 1) process.kill(process.pid, "SIGKILL");
  }

  async function invite() {
    for (let i = 0; i < 5 && guests.length < MOST_GUESTS; i++) {
      const guest = `Guest ${name}.${guests.length + 1}`;
      guests.push(await presence.join(ROOM, { user: guest, data: { name: guest, process: name, guest: true } }));
    }
  }

  return { begin, close: () => Promise.all([presence.close(), bus.close()]) };
}

/** Who a client says that it is, in its first message. A real service would look at its session. */
function entering(client, process) {
  return new Promise((resolve) => {
    client.once("message", (data) => {
      const { type, id, user, name } = heard(data) ?? {};
      const isMember = type === "enter" && isId(id) && isId(user);
      resolve(isMember ? { room: ROOM, id, user, data: { name: shown(name, 40) || "Somebody", process } } : undefined);
    });
  });
}

function isId(given) {
  return typeof given === "string" && /^[\w-]{8,64}$/.test(given);
}

/** A text of a client, as far as it is shown. */
function shown(given, length) {
  return typeof given === "string" ? given.trim().slice(0, length) : "";
}

function tellFailed(client) {
  return (error) => tell(client, { type: "failed", message: error.message });
}

function report(error) {
  console.error(`Presence: ${error.message ?? error}`);
}
