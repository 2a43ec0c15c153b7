// Redis servers of our own, on free ports of the loopback, without persistence. They are told apart, stopped, paused
// and killed by the process that was started here.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";

/** A port that nobody listens to now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/** How a server is started. */
export interface ServerOptions {
  /** The program; Debian's `redis-server` when absent. */
  program?: string;
  /** More of its arguments. */
  args?: readonly string[];
  port?: number;
}

/** A server; after `kill` it can be started again on its port. */
export class Server {
  readonly port: number;
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), "tollgate-redis-"));
  #process: ChildProcess | undefined;

  constructor(port: number, { program = "redis-server", args = [] }: ServerOptions) {
    this.port = port;
    this.#program = program;
    this.#args = args;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const usual = ["--bind", "127.0.0.1", "--port", `${this.port}`, "--save", "", "--appendonly", "no"];
    const options = { stdio: "ignore", cwd: this.#folder } as const;
    const started = spawn(this.#program, [...usual, "--dir", this.#folder, ...this.#args], options);
    this.#process = started;
    await once(started, "spawn");
    await this.#answers(started);
  }

  /** Sends one command; with the password that the server was given. */
  async command(name: string, ...args: (string | number)[]): Promise<unknown> {
    const client = this.#admin();
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** The process stands still: connections stay open, and nothing is answered. */
  stall(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Ends it at once, with all it knows. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    process.kill("SIGKILL");
    await once(process, "exit");
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #admin(): Redis {
    const at = this.#args.indexOf("--requirepass");
    const password = at < 0 ? undefined : this.#args[at + 1];
    const options = { lazyConnect: true, retryStrategy: () => null, ...(password === undefined ? {} : { password }) };
    const client = new Redis(this.port, "127.0.0.1", options);
    client.on("error", () => {});
    return client;
  }

  async #answers(process: ChildProcess): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (process.exitCode !== null) throw new Error(`${this.#program} ended with ${process.exitCode}`);
      try {
        if ((await this.command("PING")) === "PONG") return;
      } catch {
        await pause(25);
      }
    }
    throw new Error(`${this.#program} did not answer within 5 s`);
  }
}

/** Starts a server. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const server = new Server(options.port ?? (await freePort()), options);
  await server.start();
  return server;
}
