// A worker that answers with the report, or at /cold with when it was loaded.
import { report } from "./program.mjs";

export default {
  async fetch() {
    return Response.json(await report());
  },
};
