// Real processes that share limits over one Redis.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const stdio = ["pipe", "pipe", "inherit"] as const;
  return spawn(process.execPath, [path, ...args], { stdio: [...stdio], env: { ...process.env, ...env } });
}

/** What a process prints until it ends by itself. */
export async function output(file: string, ...args: (string | number)[]): Promise<string> {
  const child = start(file, args.map(String));
  let text = "";
  child.stdout?.on("data", (bytes) => {
    text += bytes;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return text.trim();
}

/** An instance of the service in `instance.mjs`. */
export async function startInstance(redis: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child = start("instance.mjs", [], { REDIS_URL: redis });
  const [line] = await Promise.race([
    once(child.stdout as NonNullable<typeof child.stdout>, "data"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`instance.mjs ended with ${code}`))),
  ]);
  return {
    url: `http://127.0.0.1:${String(line).trim()}/`,
    stop: async () => {
      const ended = once(child, "exit");
      child.stdin?.end();
      await ended;
    },
  };
}
