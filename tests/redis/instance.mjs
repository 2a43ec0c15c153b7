// One instance of a service: an Express app whose limit is in Redis. Prints its port, and ends with its input.
import express from "express";
import { rateLimit } from "../../dist/esm/express.js";

const app = express();
app.use(rateLimit({ name: "w4", limit: 3, window: "1m", key: () => "everybody", redis: process.env.REDIS_URL }));
app.get("/", (_, response) => response.send("ok"));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume();
