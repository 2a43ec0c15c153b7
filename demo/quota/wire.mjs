// The way of one worker to its store: a relay that can be cut, without a word to either side.
import { connect, createServer } from "node:net";

/** A relay on a free port of this machine. Over TLS there is none: such a worker cannot be cut off. */
export function openWire() {
  /** What ends each connection. */
  const ends = new Set();
  let server;
  let isCut = false;

  /** The URL by which the worker reaches the store at `url`. */
  async function to(url) {
    const store = new URL(url);
    if (store.protocol !== "redis:") return url;
    const there = { host: store.hostname, port: Number(store.port || 6379) };
    server = createServer((near) => {
      const far = connect(there);
      const end = () => {
        near.destroy();
        far.destroy();
        ends.delete(end);
      };
      ends.add(end);
      near.on("data", (data) => isCut || far.write(data));
      far.on("data", (data) => isCut || near.write(data));
      for (const socket of [near, far]) socket.on("error", end).on("close", end);
    });
    await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
    store.hostname = "127.0.0.1";
    store.port = String(server.address().port);
    return String(store);
  }

  return {
    to,
    get isCut() {
      return isCut;
    },
    /** What was sent meanwhile is lost: connections that missed something are ended when they are mended. */
    set isCut(wanted) {
      isCut = wanted;
      if (!wanted) for (const end of ends) end();
    },
    close() {
      server?.close();
      for (const end of ends) end();
    },
  };
}
