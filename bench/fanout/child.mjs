// One subject with so many subscribers, in a process of its own that is both ends; prints what it measured as JSON.
// node bench/fanout/child.mjs <port> <subject> <subscribers> <milliseconds> <round trips>
import { SUBJECTS } from "./subjects.mjs";

const [port, name, subscribers, millis, trips] = process.argv
  .slice(2)
  .map((text, i) => (i === 1 ? text : Number(text)));

/** Messages on their way at most: enough that nobody waits, and no queue grows. */
const ON_THEIR_WAY = 256;
const WARM_UP = 5_000;
const TEXT = "x".repeat(100);

let arrived = 0;
let whenArrived = () => {};
/** A message has arrived when the last subscriber has it. */
const receive = (i) => {
  if (i !== subscribers - 1) return;
  arrived++;
  whenArrived();
};
const subject = await SUBJECTS[name].open(port, subscribers, receive);

/** Publishes until `enough`, with so many on their way; resolves when all have arrived. */
function publishing(enough) {
  let published = arrived;
  return new Promise((resolve) => {
    whenArrived = () => {
      while (!enough() && published - arrived < ON_THEIR_WAY) subject.publish({ number: published++, text: TEXT });
      if (arrived === published) resolve();
    };
    whenArrived();
  });
}

async function messagesPerSecond() {
  const [before, start] = [arrived, performance.now()];
  await publishing(() => performance.now() - start > millis);
  return ((arrived - before) * 1000) / (performance.now() - start);
}

/** Times of messages that travel alone, in microseconds, sorted. */
async function latencies() {
  const times = [];
  for (let trip = 0; trip < trips; trip++) {
    const start = performance.now();
    await new Promise((resolve) => {
      whenArrived = resolve;
      subject.publish({ number: trip, text: TEXT });
    });
    times.push((performance.now() - start) * 1000);
  }
  return times.toSorted((a, b) => a - b);
}

const enoughToWarmUp = arrived + WARM_UP;
await publishing(() => arrived >= enoughToWarmUp);
const rate = await messagesPerSecond();
const sorted = await latencies();
const at = (part) => sorted[Math.floor((sorted.length - 1) * part)];
console.log(JSON.stringify({ rate, p50: at(0.5), p99: at(0.99) }));
await subject.end();
