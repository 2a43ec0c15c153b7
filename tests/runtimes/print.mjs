// Prints the report: for runtimes that have a command line.
import { report } from "./program.mjs";

console.log(JSON.stringify(await report()));
