// Durable Objects as users have them, but for what a test has to hold in its hands.
import { TollgateObject } from "tollgate/cloudflare";

/** Where the test says what time it is: in this header, in microseconds. */
export const NOW_MICROS = "x-now-micros";

/** Ends when it is told to, as the runtime ends objects: without notice, and with what is in storage as all that is left. */
class EndingObject extends TollgateObject {
  #context;

  constructor(context, env) {
    super(context, env);
    this.#context = context;
  }

  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/end") this.#context.abort("the test ends this object");
    if (pathname === "/stored") return Response.json([...(await this.#context.storage.list()).keys()]);
    return super.fetch(request);
  }
}

/** Lives by the clock of the test. */
export class ClockedObject extends EndingObject {
  #now = 0;

  nowMicros() {
    return this.#now;
  }

  async fetch(request) {
    const now = request.headers.get(NOW_MICROS);
    if (now !== null) this.#now = Number(now);
    return super.fetch(request);
  }
}

/** Sees soon whether it is still needed. */
export class HastyObject extends EndingObject {
  shortestAlarmMillis() {
    return 1;
  }
}
