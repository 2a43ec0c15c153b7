// Rows N1 to N4: limiters in memory, in Node. Every measurement is a process of its own; rounds are interleaved.
// node bench/node.mjs [--quick]
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SUBJECTS } from "./node/subjects.mjs";
import { circumstances, least, table } from "./report.mjs";

const ROUNDS = process.argv.includes("--quick") ? 1 : 5;
const child = fileURLToPath(new URL("./node/child.mjs", import.meta.url));

function measure(subject, workload) {
  // A young generation of fixed size: what it grows by under load is not memory of the keys.
  const flags = workload === "memory" ? ["--expose-gc", "--max-semi-space-size=1"] : ["--expose-gc"];
  const output = execFileSync(process.execPath, [...flags, child, subject, workload], { encoding: "utf8" });
  const result = JSON.parse(output);
  if (!(result.left > 0)) throw new Error(`${subject} did not limit: ${output}`);
  return result.nanos ?? result.bytes ?? result.millis;
}

/** The least of some rounds, for each subject and workload. */
function measureAll(workloads) {
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const workload of workloads) {
      for (const subject of Object.keys(SUBJECTS)) {
        best[subject] ??= {};
        best[subject][workload] = least([
          best[subject][workload] ?? Number.POSITIVE_INFINITY,
          measure(subject, workload),
        ]);
      }
    }
  }
  return best;
}

const ratio = (peer, ours) => `${(peer / ours).toFixed(2)} ×`;

export function nodeTables() {
  const best = measureAll(["hot", "10k", "fresh", "random", "memory", "gc"]);
  const rows = Object.entries(SUBJECTS).map(([id, { name, sync }]) => {
    const { hot, "10k": few, fresh, random, memory, gc } = best[id];
    const ours = best[sync ? "tollgate" : "tollgate-await"];
    const beside = (peer, own) => `${peer.toFixed(0)} (${ratio(peer, own)})`;
    return [
      name,
      beside(hot, ours.hot),
      beside(few, ours["10k"]),
      beside(fresh, ours.fresh),
      beside(random, ours.random),
      memory.toFixed(0),
      gc.toFixed(0),
    ];
  });
  const packages = Object.values(SUBJECTS).flatMap((subject) => subject.package ?? []);
  return [
    "## Node, in memory (N1 to N4)",
    "",
    "CPU nanoseconds a check, garbage collection included, least of the rounds; in brackets against Tollgate in the same",
    "calling style. Each call brings a new string, as a socket does.",
    "",
    table(
      ["", "1,000 keys", "10,000 keys", "1M new keys", "1M keys at random", "bytes a key (RSS)", "GC ms, 1M inserts"],
      rows,
    ),
    "",
    `${circumstances(packages)} \`npm run bench node\`, ${ROUNDS} rounds.`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(nodeTables());
