// Starts and ends the demo server as a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const repository = fileURLToPath(new URL("..", import.meta.url));

/** A running demo server. */
export interface Demo {
  url: string;
  /** Ends it as Ctrl+C does; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** What the demo is started with besides its rate. */
export interface DemoOptions {
  /** The server when absent. */
  program?: string;
  args?: readonly string[];
  environment?: Record<string, string>;
}

/** Starts the demo server, or another program of the demo, on a free port. */
export async function startDemo(rate: string, { program, args, environment }: DemoOptions = {}): Promise<Demo> {
  const child = spawnDemo({ PORT: "0", RATE_LIMIT: rate, ...environment }, program, args);
  const url = await firstUrl(child);
  return {
    url,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}

/** Runs the demo server where it cannot start; resolves to what it said. */
export async function failedStart(environment: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawnDemo(environment);
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  const [code] = await once(child, "close");
  return { code, said };
}

function spawnDemo(
  environment: Record<string, string>,
  program = "demo/server.mjs",
  args: readonly string[] = [],
): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: repository,
    env: { ...process.env, REDIS_URL: "", ...environment },
  });
}

function firstUrl(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const listen = (text: Buffer) => {
      said += text;
      const url = /http:\/\/[\d.:]+/.exec(said)?.[0];
      if (url !== undefined && said.includes("\n")) resolve(url);
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.once("exit", (code) => reject(new Error(`The demo server ended with ${code}: ${said}`)));
  });
}
