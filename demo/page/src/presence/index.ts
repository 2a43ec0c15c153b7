// The tab "who is here": members of a room, what happens to them, and a line of chat.
import "./presence.css";
import { LiveSocket } from "../live-socket.js";
import { element, make, setText } from "../page.js";
import { clockTime, windowText } from "../time-text.js";
import { connection, ownName, takeName, user } from "./identity.js";
import { type Member, Members, memberRows, type RosterChange } from "./members.js";
import html from "./panel.html?raw";

const MOST_LINES = 60;

const EVENT_TEXTS: Record<string, string> = {
  join: "joined",
  update: "changed their name",
  leave: "left",
  "user-join": "is here with a first connection",
  "user-leave": "has no connection left",
};

interface Hello {
  process: string;
  processes: number;
  shared: boolean;
  ttl: string | number;
  heartbeat: string | number;
}

export { html };

/** Connects, and shows what comes. */
export function start(): void {
  const members = new Members();
  const socket = new LiveSocket("/presence", {
    opened: () => socket.send({ type: "enter", id: connection, user, name: ownName() }),
    message: (message) => receive(message as never),
    lost: () => {
      members.clear();
      show();
      setText(note, "The connection was lost. It comes back by itself, maybe to another process.");
    },
  });
  const list = element("members", HTMLUListElement);
  const count = element("members-count", HTMLElement);
  const note = element("presence-note", HTMLElement);
  const events = element("presence-events", HTMLOListElement);
  const chat = element("chat", HTMLOListElement);
  const kill = element("kill-process", HTMLButtonElement);

  function receive(message: { type: string } & Record<string, unknown>): void {
    if (message.type === "hello") greet(message as unknown as Hello);
    else if (message.type === "roster") {
      members.apply(message as RosterChange);
      show();
    } else if (message.type === "event") addEvent(message as unknown as PresenceEvent);
    else if (message.type === "chat") addLine(message as unknown as ChatLine);
    else if (message.type === "failed") setText(note, String(message.message));
  }

  function greet({ process, processes, shared, ttl, heartbeat }: Hello): void {
    const where =
      processes > 1 ? `This tab is connected to process ${process} of ${processes}.` : "One process serves.";
    const who = shared ? "Redis holds the room for all of them." : "The room is in this process's memory.";
    setText(
      note,
      `${where} ${who} A member whose process dies is gone after ${windowText(ttl)}; heartbeats go every ${windowText(heartbeat)}.`,
    );
    kill.hidden = processes === 1;
    setText(kill, `Kill process ${process}`);
  }

  function show(): void {
    const { users, connections } = members;
    list.replaceChildren(...memberRows(users, user, connection));
    setText(count, `${counted(users.length, "user")}, ${counted(connections, "connection")}`);
  }

  function addEvent({ event, member, reason }: PresenceEvent): void {
    const why = reason === "expired" ? ": their process had died" : "";
    const item = make("li", "presence-event");
    item.dataset.event = event;
    item.append(
      make("time", "log-time", clockTime(new Date())),
      make("code", "presence-event-name", event),
      make("span", "", `${member.data.name} ${EVENT_TEXTS[event]}${why}`),
    );
    prepend(events, item);
  }

  function addLine({ from, text, process }: ChatLine): void {
    const item = make("li", "chat-line");
    item.append(make("b", "", from || "Somebody"), ` ${text} `, make("span", "hint", `by way of process ${process}`));
    prepend(chat, item);
  }

  onSubmit("rename", "own-name", (name) => {
    takeName(name);
    return socket.send({ type: "rename", name });
  });
  element("own-name", HTMLInputElement).value = ownName();
  // Another tab of this browser has taken another name: this connection is the same user's.
  window.addEventListener("storage", ({ key }) => {
    if (key !== "demo-name") return;
    element("own-name", HTMLInputElement).value = ownName();
    socket.send({ type: "rename", name: ownName() });
  });
  onSubmit("say", "line", (text, field) => {
    const sent = socket.send({ type: "say", from: ownName(), text });
    if (sent) field.value = "";
    return sent;
  });
  onClick("guests", () => socket.send({ type: "guests" }));
  onClick("dismiss", () => socket.send({ type: "dismiss" }));
  onClick("kill-process", () => socket.send({ type: "kill" }));
}

interface PresenceEvent {
  event: string;
  member: Member;
  reason?: "left" | "expired";
}

interface ChatLine {
  from: string;
  text: string;
  process: string;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function prepend(list: HTMLElement, item: HTMLElement): void {
  list.prepend(item);
  while (list.childElementCount > MOST_LINES) list.lastElementChild?.remove();
}

function onClick(id: string, act: () => void): void {
  element(id, HTMLButtonElement).addEventListener("click", act);
}

/** What was typed, unless it is nothing. */
function onSubmit(form: string, field: string, act: (text: string, field: HTMLInputElement) => boolean): void {
  const input = element(field, HTMLInputElement);
  element(form, HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text !== "") act(text, input);
  });
}
