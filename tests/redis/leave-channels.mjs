// A process that subscribes and publishes once, and leaves its channels open: that it ends shows that nothing holds it.
import { openChannels } from "../../dist/esm/redis/channels.js";

const channels = openChannels({ redis: process.argv[2], timeoutMs: 5_000, onError() {} });
try {
  await channels.subscribe("one", () => {});
  console.log(await channels.publish("one", "message"));
} catch (error) {
  console.log(error.code);
}
