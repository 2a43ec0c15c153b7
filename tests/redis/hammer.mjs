// A process that asks for one key as often as it is told, 50 at a time; prints how many calls went, by source.
// It closes nothing: that it ends shows that nothing holds it.
import { createLimiter } from "../../dist/esm/index.js";

const [url, name, limit, calls] = process.argv.slice(2);
const redis = url;
const limiter = createLimiter({
  name,
  limit: Number(limit),
  window: "1h",
  redis,
  denialCache: false,
  storeTimeout: "20s",
});
const went = {};
await limiter.peek("key");
for (let asked = 0; asked < Number(calls); asked += 50) {
  const decisions = await Promise.all(Array.from({ length: 50 }, () => limiter.check("key")));
  for (const { allowed, source } of decisions) if (allowed) went[source] = (went[source] ?? 0) + 1;
}
console.log(JSON.stringify(went));
