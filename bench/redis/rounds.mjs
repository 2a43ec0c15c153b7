// Interleaved rounds: each tries every subject of a table once, in a process of its own.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { least } from "../report.mjs";
import { SUBJECTS } from "./subjects.mjs";

const run = promisify(execFile);
const child = fileURLToPath(new URL("./child.mjs", import.meta.url));
/** Of processor time the least counts: noise only adds. */
const FIELDS = { rate: median, client: least, redis: least, p99: median };

async function measure(table, subject, { ports, callers, millis }) {
  const options = [child, table, subject, ports.join(), callers.join(), `${millis}`];
  const { stdout } = await run(process.execPath, options, { timeout: 60_000 });
  return JSON.parse(stdout);
}

function median(numbers) {
  const [sorted, middle] = [numbers.toSorted((a, b) => a - b), (numbers.length - 1) / 2];
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** What all rounds say: by subject, number of callers, and figure. */
export async function measureAll(table, rounds, settings) {
  const found = Object.fromEntries(Object.keys(SUBJECTS[table]).map((id) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [id, results] of Object.entries(found)) results.push(await measure(table, id, settings));
  }
  const values = (results, callers, field) => results.map((result) => result[callers][field]);
  const figures = (results, callers) =>
    Object.fromEntries(Object.entries(FIELDS).map(([field, sum]) => [field, sum(values(results, callers, field))]));
  const all = ([id, results]) => [id, Object.fromEntries(settings.callers.map((n) => [n, figures(results, n)]))];
  return Object.fromEntries(Object.entries(found).map(all));
}
