// The same for runtimes whose programs are listeners.
import { report } from "./program.mjs";

addEventListener("fetch", (event) => {
  event.respondWith(report().then((made) => Response.json(made)));
});
