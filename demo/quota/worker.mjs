// A worker that always has more to do than the quota allows: it tells when it starts a job, and what its share is.
import { createPacer } from "tollgate";

const BACKLOG = 50;
const REPORT_MS = 100;
const { name, limit, windowMs, heartbeatMs, fastStart, url } = JSON.parse(process.argv[2]);

const pacer = createPacer({
  name,
  limit,
  window: windowMs,
  redis: url,
  share: { mode: "peers", heartbeat: heartbeatMs, fastStart },
});
let starts = [];
let fenced = false;
let isLeaving = false;

pacer.on("fenced", (isFenced) => {
  fenced = isFenced;
});

function fill() {
  while (!isLeaving && pacer.stats().waiting < BACKLOG) {
    pacer(() => starts.push(performance.timeOrigin + performance.now())).then(fill, () => {});
  }
}

function report() {
  const { share, peers } = pacer.stats();
  if (process.connected) process.send({ starts, share, peers, fenced });
  starts = [];
}

async function leave() {
  isLeaving = true;
  pacer.clear();
  await pacer.close();
  report();
  process.exit();
}

process.on("message", (message) => {
  if (message === "stop") void leave();
});
process.on("disconnect", () => process.exit());
setInterval(report, REPORT_MS);
fill();
