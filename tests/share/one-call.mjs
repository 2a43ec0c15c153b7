// A process that makes one call when its share allows it, and ends without closing anything.
import { createPacer } from "tollgate";

const pacer = createPacer({ name: "one-call", limit: 1, window: "100ms", redis: process.argv[2] });
await pacer(() => process.stdout.write("it went\n"));
