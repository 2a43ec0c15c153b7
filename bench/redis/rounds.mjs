// Interleaved rounds: each tries every subject of a table once, in a process of its own.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SUBJECTS } from "./subjects.mjs";

const run = promisify(execFile);
const child = fileURLToPath(new URL("./child.mjs", import.meta.url));
const FIELDS = ["rate", "client", "redis", "p99"];

async function measure(table, subject, { ports, callers, millis }) {
  const options = [child, table, subject, ports.join(), callers.join(), `${millis}`];
  const { stdout } = await run(process.execPath, options, { timeout: 60_000 });
  return JSON.parse(stdout);
}

function median(numbers) {
  const [sorted, middle] = [numbers.toSorted((a, b) => a - b), (numbers.length - 1) / 2];
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** The medians of the rounds: by subject, number of callers, and figure. */
export async function medians(table, rounds, settings) {
  const found = Object.fromEntries(Object.keys(SUBJECTS[table]).map((id) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [id, results] of Object.entries(found)) results.push(await measure(table, id, settings));
  }
  const figures = (results, callers) =>
    Object.fromEntries(FIELDS.map((field) => [field, median(results.map((result) => result[callers][field]))]));
  const all = ([id, results]) => [id, Object.fromEntries(settings.callers.map((n) => [n, figures(results, n)]))];
  return Object.fromEntries(Object.entries(found).map(all));
}
