// `npm run worker`: makes a fresh clone runnable, then runs the example Worker.
import { buildPackage, installPackages } from "../prepare.mjs";
import { readSettings } from "../settings.mjs";

// First of all: a setting that is wrong is told before minutes of building.
readSettings();
installPackages();
buildPackage();
await import("./serve.mjs");
