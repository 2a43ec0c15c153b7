import type { ServerResponse } from "node:http";

/** Tells how a response ends: first by its status; one that a client did not wait for has failed. */
export function whenEnded(response: ServerResponse, listener: (failed: boolean) => void): void {
  response.once("finish", () => listener(response.statusCode >= 400));
  response.once("close", () => listener(true));
}
