// Markdown tables, and what they need to be read in a year: versions, machine, date.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** The installed version of an npm package. */
export function version(name) {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(path, "utf8")).version}`;
}

/** Where and when. */
export function circumstances(packages) {
  const rust = execFileSync("rustc", ["--version"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  const date = new Date().toISOString().slice(0, 10);
  return `Measured ${date} on ${machine}, Node ${process.version}, ${rust}${packages.length ? `; ${packages.map(version).join(", ")}` : ""}.`;
}

/** The smallest of some measurements: the machine is noisy, and noise only adds. */
export const least = (numbers) => Math.min(...numbers);
