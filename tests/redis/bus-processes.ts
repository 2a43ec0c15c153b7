// Processes that run `bus-process.mjs`.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { eventually } from "./cluster.js";

const program = fileURLToPath(new URL("bus-process.mjs", import.meta.url));

/** A message as the processes publish it. */
export interface Numbered {
  from: string;
  i: number;
}

/** A process on the bus, and what it has told. */
export class BusProcess {
  readonly byTopic: Numbered[] = [];
  readonly byPattern: Numbered[] = [];
  readonly resyncs: unknown[] = [];
  #isReady = false;
  #child: ChildProcess;

  constructor(redis: string, name: string) {
    this.#child = spawn(process.execPath, [program, redis, name], { stdio: ["pipe", "pipe", "inherit"] });
    const input = this.#child.stdout;
    if (input === null) throw new Error("the output is a pipe");
    createInterface({ input }).on("line", (line) => this.#told(JSON.parse(line)));
  }

  ready(): Promise<void> {
    return eventually("the process has subscribed", () => this.#isReady);
  }

  publish(messages: number): void {
    this.#child.stdin?.write(`${messages}\n`);
  }

  /** Lets it end by itself; answers its exit code. */
  async end(): Promise<number | null> {
    const exit = once(this.#child, "exit");
    this.#child.stdin?.end();
    const [code] = await exit;
    return code;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  #told(line: { ready?: true; topic?: Numbered | string; pattern?: Numbered; resync?: unknown }): void {
    if (line.ready) this.#isReady = true;
    else if (line.resync) this.resyncs.push(line.resync);
    else if (line.pattern) this.byPattern.push(line.pattern);
    else this.byTopic.push(line.topic as Numbered);
  }
}
