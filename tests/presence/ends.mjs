// Joins, listens and watches, and then has nothing left to do: it ends by itself.
import { createPresence } from "../../dist/esm/index.js";

const presence = createPresence({ redis: process.argv[2] });
presence.on("join", () => {});
await presence.join("r", { id: "a" });
await presence.watch("r")[Symbol.asyncIterator]().next();
process.stdout.write("joined\n");
