// Several processes behind one port: starts them, and passes a rule that one was given on to the others.
import cluster from "node:cluster";

/** The variable with the number that all processes give their first rule. */
export const REVISION = "TOLLGATE_DEMO_REVISION";

/** Starts the processes. When the last has ended, so does this one. */
export function hand({ processes, redis }) {
  const revision = Date.now();
  let failed = false;
  if (redis === undefined) {
    console.log(
      `Without REDIS_URL each of ${processes} processes counts by itself: the limit holds ${processes} times.`,
    );
  }
  cluster.on("message", (from, rule) => {
    for (const worker of Object.values(cluster.workers)) if (worker !== from) worker.send(rule);
  });
  cluster.on("exit", (worker, code, signal) => {
    if (code > 0) failed = true;
    if (signal !== null) console.log(`Process ${worker.id} was ended by ${signal}.`);
    if (Object.keys(cluster.workers).length === 0) process.exit(failed ? 1 : 0);
  });
  for (let i = 0; i < processes; i++) cluster.fork({ [REVISION]: revision });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => cluster.disconnect());
}
