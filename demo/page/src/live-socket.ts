// A connection to the demo server that comes back by itself.

/** Doubling from the first to the last, so that a server that starts is not overrun. */
const FIRST_DELAY_MS = 250;
const LAST_DELAY_MS = 4_000;

/** What a connection tells. */
export interface SocketEvents {
  /** It is open, for the first time or again. */
  opened(): void;
  message(message: { type: string } & Record<string, unknown>): void;
  /** It is gone, and comes back. */
  lost(): void;
}

/** A WebSocket of the page's own server that is opened anew whenever it is lost. */
export class LiveSocket {
  #path: string;
  #events: SocketEvents;
  #socket: WebSocket | undefined;
  #delayMs = FIRST_DELAY_MS;

  constructor(path: string, events: SocketEvents) {
    this.#path = path;
    this.#events = events;
    this.#open();
  }

  /** Sends a message; says whether there was a connection for it. */
  send(message: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #open(): void {
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#delayMs = FIRST_DELAY_MS;
      this.#events.opened();
    };
    socket.onmessage = ({ data }) => this.#events.message(JSON.parse(data));
    socket.onclose = () => {
      this.#events.lost();
      window.setTimeout(() => this.#open(), this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, LAST_DELAY_MS);
    };
  }
}
