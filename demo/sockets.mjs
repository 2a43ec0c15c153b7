// WebSockets of the page: one path each for what it follows.
import { WebSocketServer } from "ws";

/** Longer messages than any that the page sends. */
const LARGEST_MESSAGE = 4_096;

/**
 * Lets `server` answer WebSockets at these paths, for pages that came from it: a page of another site could speak for
 * its visitor otherwise. Returns what ends all of them.
 */
export function answerSockets(server, paths) {
  const servers = new Map();
  for (const [path, begin] of Object.entries(paths)) {
    const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
    begin(sockets);
    servers.set(path, sockets);
  }
  server.on("upgrade", (request, socket, head) => {
    const sockets = servers.get(request.url);
    if (sockets === undefined || !isOwnPage(request)) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (client) => {
      // What a client does to its connection ends that connection, and nothing else.
      client.on("error", () => client.terminate());
      sockets.emit("connection", client, request);
    });
  });
  return () => {
    for (const sockets of servers.values()) for (const client of sockets.clients) client.terminate();
  };
}

function isOwnPage({ headers: { origin, host } }) {
  try {
    return origin !== undefined && new URL(origin).host === host;
  } catch {
    return false;
  }
}

/** Sends one message; a client that has gone gets none. */
export function tell(client, message) {
  if (client.readyState === client.OPEN) client.send(JSON.stringify(message));
}

/** The object that a client has sent, or none. */
export function heard(data) {
  try {
    const message = JSON.parse(String(data));
    return typeof message === "object" && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
