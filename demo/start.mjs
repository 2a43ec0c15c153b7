// `npm start`: makes a fresh clone runnable, then serves the demo. Node's own modules only, since nothing may be
// installed yet.
import { buildPage } from "./build.mjs";
import { buildPackage, installPackages } from "./prepare.mjs";
import { readSettings } from "./settings.mjs";

// First of all: a setting that is wrong is told before minutes of building.
readSettings();
installPackages();
buildPackage("--native");
buildPage();
await import("./server.mjs");
