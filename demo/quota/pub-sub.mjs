// Where no Redis is given: its pub/sub, as far as members of a quota need it. It keeps nothing, as they ask for nothing
// to be kept.
import { createServer } from "node:net";

/** Opens it on a free port of this machine. */
export async function openPubSub() {
  const subscribers = new Map();
  const sockets = new Set();

  const server = createServer((socket) => {
    const own = new Set();
    let rest = "";
    sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      const { commands, left } = commandsOf(rest + text);
      rest = left;
      for (const command of commands) socket.write(answer(command, socket, own));
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      for (const channel of own) subscribers.get(channel)?.delete(socket);
    });
  });

  function answer([name = "", ...args], socket, own) {
    const [channel = "", message = ""] = args;
    switch (name.toUpperCase()) {
      case "PING":
        return own.size > 0 ? list("pong", "") : "+PONG\r\n";
      case "INFO":
        return bulk("# Server\r\nredis_version:7.0.0\r\nredis_mode:standalone\r\nloading:0\r\n");
      case "SUBSCRIBE":
        return args.map((wanted) => subscribed("subscribe", wanted, socket, own)).join("");
      case "UNSUBSCRIBE":
        return args.map((wanted) => subscribed("unsubscribe", wanted, socket, own)).join("");
      case "PUBLISH": {
        const heard = subscribers.get(channel) ?? new Set();
        for (const subscriber of heard) subscriber.write(list("message", channel, message));
        return `:${heard.size}\r\n`;
      }
      case "CLIENT":
      case "SELECT":
      case "QUIT":
        return "+OK\r\n";
      default:
        return `-ERR unknown command '${name.replaceAll(/\s/g, " ").slice(0, 40)}'\r\n`;
    }
  }

  function subscribed(kind, channel, socket, own) {
    if (!subscribers.has(channel)) subscribers.set(channel, new Set());
    if (kind === "subscribe") {
      own.add(channel);
      subscribers.get(channel).add(socket);
    } else {
      own.delete(channel);
      subscribers.get(channel).delete(socket);
    }
    return `*3\r\n${bulk(kind)}${bulk(channel)}:${own.size}\r\n`;
  }

  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    url: `redis://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Commands in what has arrived, and what is left of the next. All that members send is ASCII. */
function commandsOf(text) {
  const commands = [];
  let left = text;
  for (let found = firstCommand(left); found !== undefined; found = firstCommand(left)) {
    commands.push(found.command);
    left = left.slice(found.length);
  }
  return { commands, left };
}

/** `*2\r\n$4\r\nECHO\r\n$1\r\na\r\n`: how many parts, then each with its length. */
function firstCommand(text) {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  const command = [];
  let at = head[0].length;
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 16));
    if (size === null) return undefined;
    const start = at + size[0].length;
    at = start + Number(size[1]) + 2;
    if (text.length < at) return undefined;
    command.push(text.slice(start, at - 2));
  }
  return { command, length: at };
}

function bulk(text) {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function list(...texts) {
  return `*${texts.length}\r\n${texts.map(bulk).join("")}`;
}
