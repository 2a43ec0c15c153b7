import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

function runWorker(limit: number): Promise<{ wrong: unknown[]; stats: { allowed: number } }> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: { limit } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

it("worker threads have engines of their own that do not disturb one another", async () => {
  const limits = [10, 57, 100, 150, 199, 200];
  const reports = await Promise.all(limits.map(runWorker));
  expect(reports.map((report) => report.wrong)).toEqual(limits.map(() => []));
  expect(reports.map((report) => report.stats.allowed)).toEqual(limits.map((limit) => limit * 100));
});

it("a worker that ends leaves the others and the main thread working", async () => {
  for (let round = 0; round < 5; round++) expect((await runWorker(3)).stats.allowed).toBe(300);
});
