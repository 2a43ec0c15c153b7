// Durable Objects as users have them, but for what a test has to hold in its hands.
import { TollgateObject } from "tollgate/cloudflare";

/** Where the test says what time it is: in this header, in microseconds. */
export const NOW_MICROS = "x-now-micros";

/** Lives by the clock of the test. */
class Clocked extends TollgateObject {
  now = 0;

  nowMicros() {
    return this.now;
  }
}

/** Ends and comes back where a call says so: all that is left then is what is in storage. */
export class ClockedObject {
  #context;
  #living;

  constructor(context) {
    this.#context = context;
    this.#living = new Clocked(context);
  }

  async fetch(request) {
    if (new URL(request.url).pathname === "/end") {
      this.#living = new Clocked(this.#context);
      return new Response();
    }
    this.#living.now = Number(request.headers.get(NOW_MICROS));
    return this.#living.fetch(request);
  }

  alarm() {
    return this.#living.alarm();
  }
}

/** Sees soon whether it is still needed, shows what it has stored, and is ended by the runtime where a call says so. */
export class HastyObject extends TollgateObject {
  #context;

  constructor(context, env) {
    super(context, env);
    this.#context = context;
  }

  shortestAlarmMillis() {
    return 1;
  }

  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/end") this.#context.abort("the test ends this object");
    if (pathname === "/stored") return Response.json([...(await this.#context.storage.list()).keys()]);
    return super.fetch(request);
  }
}
