// Interleaves two limiters, checks every answer against its own arithmetic, and says what went wrong.
import { parentPort, workerData } from "node:worker_threads";
import { createLimiter } from "tollgate";

const wrong = [];
const one = createLimiter({ limit: workerData.limit, window: "1h" });
const two = createLimiter({
  policies: [
    { name: "a", limit: 1000, window: "1h" },
    { name: "b", limit: 50000, window: "1d" },
  ],
});
for (let i = 0; i < 20000; i++) {
  const first = one.checkSync(`key${i % 100}`);
  const second = two.checkSync(`key${i % 10}`, { cost: { a: 0, b: 3 } });
  const left = Math.max(0, workerData.limit - Math.floor(i / 100) - 1);
  if (first.remaining !== left || first.allowed !== Math.floor(i / 100) < workerData.limit) wrong.push([i, first]);
  if (second.policies[1].remaining !== 50000 - 3 * (Math.floor(i / 10) + 1)) wrong.push([i, second]);
}
parentPort.postMessage({ wrong: wrong.slice(0, 3), stats: one.stats() });
