// The demo server: real requests against real limits, on this machine only.
import { makeApp } from "./app.mjs";
import { fail, readSettings } from "./settings.mjs";

const HOST = "127.0.0.1";
const settings = readSettings();

const { app, close } = refusedPlainly(() => makeApp(settings));
const server = app.listen(settings.port, HOST, (error) => {
  if (error) fail(cannotListen(error));
  const { port } = server.address();
  console.log(`Tollgate demo: http://${HOST}:${port} (${settings.rate}; stop with Ctrl+C)`);
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, shutDown);

async function shutDown() {
  server.close();
  server.closeAllConnections();
  await close();
}

/** An error of the package (a rate it cannot read, a Redis it does not support) is told, not thrown. */
function refusedPlainly(make) {
  try {
    return make();
  } catch (error) {
    if (error.name !== "TollgateError") throw error;
    return fail(`${startOf(error.code)}${error.message}\n${error.hint}`);
  }
}

function startOf(code) {
  return code === "CONFIG_REDIS" ? "REDIS_URL is set, but " : `RATE_LIMIT "${settings.rate}" cannot be used: `;
}

function cannotListen(error) {
  const other = settings.port === 8788 ? 8789 : 8788;
  const elsewhere = `choose another port, such as PORT=${other} npm start`;
  if (error.code === "EADDRINUSE") return `Port ${settings.port} is in use: stop what listens there, or ${elsewhere}.`;
  if (error.code === "EACCES") return `Port ${settings.port} needs more rights: ${elsewhere}.`;
  return `Cannot listen on ${HOST}:${settings.port}: ${error.message}.`;
}
