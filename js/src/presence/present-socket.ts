import type { Membership } from "./types.js";

/** A `WebSocket` of `ws`, by its methods. */
export interface PresentSocket {
  readonly readyState: number;
  on(event: "close" | "pong", listener: () => void): unknown;
  ping(): void;
  terminate(): void;
}

/** What a connection is attached to. */
export interface SocketPlace {
  join(): Promise<Pick<Membership<never>, "leave"> | undefined>;
  closed(): void;
  failed(error: unknown): void;
}

const OPEN = 1;

/**
 * Joins, and leaves when the connection closes, also when it closes before it has joined. Returns what is to be called
 * at each heartbeat: it ends a connection that has not answered the ping before.
 */
export function attachSocket(socket: PresentSocket, place: SocketPlace): () => void {
  let isClosed = false;
  let answered = true;
  const joined = place.join().catch((error: unknown) => report(place, error));
  socket.on("pong", () => {
    answered = true;
  });
  socket.on("close", () => {
    isClosed = true;
    place.closed();
    void leave();
  });
  const leave = async () => {
    try {
      const membership = await joined;
      place.closed();
      await membership?.leave();
    } catch (error) {
      report(place, error);
    }
  };
  return () => {
    if (isClosed || socket.readyState !== OPEN) return;
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  };
}

/** Whatever a handler of errors throws has nowhere to go. */
function report(place: SocketPlace, error: unknown): undefined {
  try {
    place.failed(error);
  } catch {
    return undefined;
  }
}
