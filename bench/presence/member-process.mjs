// A process with members, for measurements that need several. Prints "ready"; with "listen", then the ms that each join
// of another process took to be heard.
// node bench/presence/member-process.mjs <port> <name> <ttl ms> <heartbeat ms> <members> | listen
import { createPresence } from "../../dist/esm/index.js";

const [port, name, ttl, heartbeat, what] = process.argv.slice(2);
const options = { redis: `redis://127.0.0.1:${port}`, name, storeTimeout: "10s" };
const presence = createPresence({ ...options, ttl: Number(ttl), heartbeat: Number(heartbeat) });
const now = () => performance.timeOrigin + performance.now();

if (what === "listen") {
  presence.on("join", ({ member }) => {
    if (typeof member.data?.at === "number") console.log(now() - member.data.at);
  });
  await presence.join("listening", {});
} else {
  const ids = Array.from({ length: Number(what) }, (_, i) => `member-${i}`);
  for (let i = 0; i < ids.length; i += 500) {
    await Promise.all(ids.slice(i, i + 500).map((id) => presence.join("room", { id, user: id, data: { name: id } })));
  }
}
console.log("ready");
process.stdin.on("end", () => process.exit()).resume();
