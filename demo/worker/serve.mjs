// Runs the Worker on this machine, in Cloudflare's runtime, as wrangler.toml says. `PORT=0` takes any free port.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { repository } from "../build.mjs";
import { readSettings } from "../settings.mjs";
import { bundle, modulesOf } from "./bundle.mjs";

const here = (name) => new URL(name, import.meta.url);

/** The values of this name in wrangler.toml, in their order. */
function configured(name) {
  const lines = readFileSync(here("wrangler.toml"), "utf8").matchAll(/^(\w+) = "(.*)"$/gm);
  return [...lines].filter((line) => line[1] === name).map((line) => line[2]);
}

const { port } = readSettings();
const [, binding] = configured("name");
const [className] = configured("class_name");
const [main] = configured("main");
const [compatibilityDate] = configured("compatibility_date");

const worker = new Miniflare({
  host: "127.0.0.1",
  port,
  compatibilityDate,
  modules: modulesOf(await bundle(here(main), "workerd", { format: "es" })),
  durableObjects: { [binding]: { className, useSQLite: true } },
  // What Durable Objects have stored is there again at the next start.
  durableObjectsPersist: join(repository, "target", "worker-state"),
});

const { origin } = await worker.ready;
console.log(`The Worker answers at ${origin}\nEnd it with Ctrl+C.`);
