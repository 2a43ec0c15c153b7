// The demo server: real requests against real limits, on this machine only. With `--processes N` this process only
// hands out connections, and N others answer.
import cluster from "node:cluster";
import { makeApp } from "./app.mjs";
import { hand, REVISION } from "./fleet.mjs";
import { openRoom } from "./presence.mjs";
import { openLabs } from "./quota/labs.mjs";
import { fail, readSettings } from "./settings.mjs";
import { answerSockets } from "./sockets.mjs";

const HOST = "127.0.0.1";
const settings = readSettings();

if (settings.processes > 1 && cluster.isPrimary) hand(settings);
else await serve();

async function serve() {
  const own = { ...settings, ...inFleet() };
  const { app, rule, close } = await refusedPlainly(() => makeApp(own));
  const room = await refusedPlainly(() => openRoom(own));
  const labs = openLabs(own);
  if (cluster.isWorker) process.on("message", (shared) => rule.follow(shared).catch(console.error));
  const server = app.listen(settings.port, HOST, (error) => {
    if (error) fail(cannotListen(error));
    if (cluster.isWorker && cluster.worker.id > 1) return;
    const { port } = server.address();
    console.log(`Tollgate demo: http://${HOST}:${port} (${settings.rate}; stop with Ctrl+C)`);
  });
  const endSockets = answerSockets(server, { "/presence": room.begin, "/quota": labs.begin });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, shutDown);
  if (cluster.isWorker) process.once("disconnect", shutDown);

  async function shutDown() {
    server.close();
    server.closeAllConnections();
    endSockets();
    await Promise.all([close(), room.close(), labs.close()]);
    if (process.connected) process.disconnect();
  }
}

/** What a process of several adds: its name, and telling the others of a new rule. */
function inFleet() {
  if (!cluster.isWorker) return {};
  const revision = Number(process.env[REVISION]);
  return { name: String(cluster.worker.id), revision, onRule: (shared) => process.send(shared) };
}

/** An error of the package (a rate it cannot read, a Redis it does not support) is told, not thrown. */
async function refusedPlainly(make) {
  try {
    return await make();
  } catch (error) {
    if (error.name !== "TollgateError") throw error;
    return fail(`${startOf(error.code)}${error.message}\n${error.hint}`);
  }
}

function startOf(code) {
  if (code === "CONFIG_REDIS") return "REDIS_URL is set, but ";
  if (code === "CONFIG_TTL") return `PRESENCE_TTL "${settings.ttl}" cannot be used: `;
  if (code === "CONFIG_HEARTBEAT") return `PRESENCE_HEARTBEAT "${settings.heartbeat}" cannot be used: `;
  return `RATE_LIMIT "${settings.rate}" cannot be used: `;
}

function cannotListen(error) {
  const other = settings.port === 8788 ? 8789 : 8788;
  const elsewhere = `choose another port, such as PORT=${other} npm start`;
  if (error.code === "EADDRINUSE") return `Port ${settings.port} is in use: stop what listens there, or ${elsewhere}.`;
  if (error.code === "EACCES") return `Port ${settings.port} needs more rights: ${elsewhere}.`;
  return `Cannot listen on ${HOST}:${settings.port}: ${error.message}.`;
}
