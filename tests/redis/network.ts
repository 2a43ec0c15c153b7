// A TCP proxy before a server, whose network can be made slow, silent or broken.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A network between clients and a server. */
export class Network {
  /** Each piece of a reply is held back for so long. */
  delayMs = 0;
  /** Replies vanish; connections stay open. */
  isSilent = false;
  /** What arrives of a reply instead. */
  edit: ((reply: Buffer) => Buffer) | undefined;
  /** The connection is cut when the next reply begins: its call has run, and the answer is lost. */
  cutsNextReply = false;
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Breaks all connections; new ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, "close");
  }

  #join(client: Socket): void {
    const server = connect(this.#target, "127.0.0.1");
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (bytes) => server.write(bytes));
    server.on("data", (bytes) => this.#reply(client, this.edit?.(bytes) ?? bytes));
  }

  #reply(client: Socket, bytes: Buffer): void {
    if (this.cutsNextReply) {
      this.cutsNextReply = false;
      client.destroy();
    } else if (this.delayMs > 0) {
      setTimeout(() => client.destroyed || client.write(bytes), this.delayMs);
    } else if (!this.isSilent) {
      client.write(bytes);
    }
  }
}

/** A proxy before the server on a port. */
export function startNetwork(target: number): Promise<Network> {
  return new Network(target).listen();
}
