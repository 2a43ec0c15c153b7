// Real processes that have presence over one Redis; see process.mjs.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What a process was told of. */
export interface Heard {
  event: string;
  room: string;
  id: string;
  reason?: string;
  /** `Date.now()` of this machine. */
  at: number;
}

interface Line extends Partial<Heard> {
  ready?: boolean;
  number?: number;
  answer?: unknown;
  error?: string;
}

const PROGRAM = fileURLToPath(new URL("process.mjs", import.meta.url));

/** A process with presence. */
export class Peer {
  readonly heard: Heard[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  readonly ready: Promise<void>;
  #last = 0;

  constructor(url: string, options: object, shiftMs: number) {
    const env = { ...process.env, REDIS_URL: url, OPTIONS: JSON.stringify(options), SHIFT: `${shiftMs}` };
    this.#child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"], env });
    const lines = createInterface({ input: this.#child.stdout as NonNullable<ChildProcess["stdout"]> });
    this.ready = new Promise((resolve, reject) => {
      this.#child.once("exit", (code) => reject(new Error(`the process ended with ${code}`)));
      lines.on("line", (line) => this.#read(JSON.parse(line), resolve));
    });
    this.ready.catch(() => {});
  }

  /** Tells it what to do; rejects with the code of its error. */
  do(name: string, args: object = {}): Promise<unknown> {
    const number = ++this.#last;
    this.#child.stdin?.write(`${JSON.stringify({ number, name, ...args })}\n`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
    });
  }

  /** How often each id was told of an event in a room. */
  counts(event: string, room: string): Map<string, number> {
    const counts = new Map<string, number>();
    for (const heard of this.heard) {
      if (heard.event === event && heard.room === room) counts.set(heard.id, (counts.get(heard.id) ?? 0) + 1);
    }
    return counts;
  }

  /** Ends it at once: nobody leaves. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  #read(line: Line, ready: () => void): void {
    if (line.ready) ready();
    if (line.event !== undefined) this.heard.push(line as Heard);
    if (line.number === undefined) return;
    const waiting = this.#waiting.get(line.number);
    this.#waiting.delete(line.number);
    if (line.error === undefined) waiting?.resolve(line.answer);
    else waiting?.reject(new Error(line.error));
  }
}

/** Starts a process; its clock may be off. */
export async function startPeer(url: string, options: object, shiftMs = 0): Promise<Peer> {
  const peer = new Peer(url, options, shiftMs);
  await peer.ready;
  return peer;
}
