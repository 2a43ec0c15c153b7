// A process that asks once and leaves its limiter open: that it ends shows that nothing holds it.
import { createLimiter } from "../../dist/esm/index.js";

const redis = process.argv[2];
const limiter = createLimiter({ limit: 1, window: "1m", redis, storeTimeout: "5s" });
const { source } = await limiter.check("key");
console.log(source);
