// Processes that share a quota over one Redis, and an auditor of all that they start.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root, target } from "../build/run.mjs";

/** What all members of a fleet are told. */
export interface Terms {
  redis: string;
  name: string;
  limit: number;
  /** In milliseconds. */
  window: number;
  /** In milliseconds. */
  heartbeat: number;
  fastStart?: boolean;
  split?: "even" | "floor";
}

/** Our pacer, our `RedisQuotaManager`, that of p-ratelimit 1.0.1, or our pacer in Rust. */
export type Kind = "ours" | "facade" | "original" | "rust";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
const RUST_WORKER = join(target, "debug", "examples", "shared_pacer");

/** Makes the worker for members in Rust; what `cargo test` has compiled is used again. */
export async function buildRustWorker(): Promise<void> {
  const what = ["-p", "tollgate", "--all-features", "--example", "shared_pacer"];
  await promisify(execFile)("cargo", ["build", "--profile", "test", "--locked", "--quiet", ...what], { cwd: root });
}

function commandOf(kind: Kind, terms: Terms, busy: number): [program: string, args: string[]] {
  if (kind !== "rust") return [process.execPath, [WORKER, JSON.stringify({ kind, busy, ...terms })]];
  const { redis, name, limit, window, heartbeat } = terms;
  return [RUST_WORKER, [redis, name, ...[limit, window, heartbeat].map(String)]];
}

/** A process, and what it has told. */
export class Member {
  /** When calls started, in microseconds of a clock that all processes have in common. */
  readonly starts: number[] = [];
  readonly told: { what: string; value: string; at: number }[] = [];
  readonly #process: ChildProcess;
  /** What turns the times of its starts into those of the clock: Rust tells the time of day. */
  readonly #offset: number;

  constructor(kind: Kind, terms: Terms, busy: number) {
    this.#offset = kind === "rust" ? nowMicros() - Date.now() * 1000 : 0;
    const [program, args] = commandOf(kind, terms, busy);
    this.#process = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on("line", (line) => this.#read(line));
  }

  get share(): number {
    return Number(this.last("share") ?? 0);
  }

  get peers(): number {
    return Number(this.last("peers") ?? 1);
  }

  last(what: string): string | undefined {
    return this.told.findLast((line) => line.what === what)?.value;
  }

  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(name);
  }

  /** Lets it leave the group. */
  async close(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.stdin?.write("close\n");
    await ended;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  #read(line: string): void {
    const [what = "", ...rest] = line.split(" ");
    const value = rest.join(" ");
    if (what === "start") this.starts.push(Number(value) + this.#offset);
    else this.told.push({ what, value, at: nowMicros() });
  }
}

/** The clock of {@link Member.starts}. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Members that are ended with their test. */
export class Fleet {
  readonly terms: Terms;
  readonly members: Member[] = [];

  constructor(terms: Terms) {
    this.terms = terms;
  }

  /** Starts a process that always has more to do than it may. */
  async join(kind: Kind = "ours"): Promise<Member> {
    const member = new Member(kind, this.terms, this.terms.limit * 2);
    this.members.push(member);
    await until("it runs", () => member.last("ready") !== undefined);
    return member;
  }

  /** Waits until the members' shares are these, in any order. */
  async shares(...expected: number[]): Promise<void> {
    const sorted = expected.sort(ascending).join();
    await until(
      `shares are ${sorted}`,
      () =>
        this.#present()
          .map(({ share }) => share)
          .sort(ascending)
          .join() === sorted,
    );
  }

  /** The most that all have started in any window, from some time on. */
  most(fromMicros = 0, windowMicros = this.terms.window * 1000): number {
    const starts = this.members.flatMap((member) => member.starts).filter((at) => at >= fromMicros);
    return mostInWindow(starts.sort(ascending), windowMicros);
  }

  /** What all have started in a time. */
  started(from: number, to: number): number {
    return this.members.flatMap((member) => member.starts).filter((at) => at >= from && at < to).length;
  }

  /** A member that has left no longer counts in {@link Fleet.shares}. */
  gone = new Set<Member>();

  async end(): Promise<void> {
    await Promise.all(this.members.map((member) => member.end()));
  }

  #present(): Member[] {
    return this.members.filter((member) => !this.gone.has(member));
  }
}

const ascending = (a: number, b: number) => a - b;

/** The most entries of a sorted list in any half-open window. */
export function mostInWindow(sorted: readonly number[], window: number): number {
  let most = 0;
  for (let first = 0, next = 0; first < sorted.length; first++) {
    while (next < sorted.length && (sorted[next] as number) < (sorted[first] as number) + window) next++;
    most = Math.max(most, next - first);
  }
  return most;
}

/** Prints a line of the table in `docs/shared-quota.md`, where `TOLLGATE_SHARE_TABLE` asks for it. */
export function report(what: string, worst: number, quota: number, more = ""): void {
  if (process.env.TOLLGATE_SHARE_TABLE === undefined) return;
  process.stdout.write(`| ${what} | ${worst} of ${quota} | ${more} |\n`);
}

/** Asks every 20 ms, for 40 s at most; how long it took, in milliseconds. */
export async function until(what: string, holds: () => boolean): Promise<number> {
  const since = Date.now();
  while (!holds()) {
    if (Date.now() - since > 40_000) throw new Error(`not within 40 s: ${what}`);
    await pause(20);
  }
  return Date.now() - since;
}
