// A process on a bus: argument 1 is its Redis, 2 its name among the processes. It subscribes to a topic and, once more,
// to a pattern; publishes as many messages as each line of its input says; and tells what happens, a line of JSON each.
import { createInterface } from "node:readline";
import { createBus } from "../../dist/esm/index.js";

const [redis, me] = process.argv.slice(2);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const bus = createBus({ name: "processes", redis, storeTimeout: "10s" });
bus.on("resync", (resync) => tell({ resync }));
await bus.subscribe("w10:numbers", (data) => tell({ topic: data }));
await bus.subscribe("w10:*", (data, topic) => tell({ pattern: data, topic }));
tell({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const sent = Array.from({ length: Number(line) }, (_, i) => bus.publish("w10:numbers", { from: me, i }));
  await Promise.allSettled(sent);
}
await bus.close();
