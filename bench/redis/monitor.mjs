// What the servers say of themselves, over connections of its own.
import { ioredis } from "./clients.mjs";

export class Monitor {
  #servers;

  constructor(ports) {
    this.#servers = ports.map((port) => ioredis([port]));
  }

  load = (script) => this.#all((server) => server.script("LOAD", script));

  async flush() {
    await this.#all((server) => server.flushall());
  }

  async resetStatistics() {
    await this.#all((server) => server.config("RESETSTAT"));
  }

  /** What all have used of their processors, in microseconds. */
  async cpu() {
    const texts = await this.#all((server) => server.info("cpu"));
    const seconds = (text, field) => Number(new RegExp(`^${field}:([\\d.]+)`, "m").exec(text)[1]);
    return sum(texts.map((text) => (seconds(text, "used_cpu_user") + seconds(text, "used_cpu_sys")) * 1e6));
  }

  /**
   * The 99th percentile of one call of a script (or else of INCR), in microseconds, as the first server has timed it:
   * for so long it does nothing else. What commands inside a script take is in it.
   */
  async p99() {
    const text = await this.#servers[0].info("latencystats");
    const of = (command) => new RegExp(`^latency_percentiles_usec_${command}:.*p99=([\\d.]+)`, "m").exec(text)?.[1];
    return Number(of("evalsha") ?? of("eval") ?? of("incr"));
  }

  async close() {
    await this.#all((server) => server.quit());
  }

  #all(ask) {
    return Promise.all(this.#servers.map(ask));
  }
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
