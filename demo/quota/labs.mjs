// One quota, many processes: each open page has a laboratory of its own, with real worker processes in it.
import { randomUUID } from "node:crypto";
import { heard, tell } from "../sockets.mjs";
import { Lab } from "./lab.mjs";

const MOST_LABS = 4;

/** Laboratories for pages that ask for one. They end with the page. */
export function openLabs({ redis }) {
  const labs = new Set();

  function begin(sockets) {
    sockets.on("connection", (client) => {
      if (labs.size >= MOST_LABS) return refuse(client);
      const lab = new Lab({ redis, name: `demo-${randomUUID()}`, report: (message) => tell(client, message) });
      labs.add(lab);
      client.on("message", (data) => lab.act(heard(data) ?? {}));
      client.on("close", async () => {
        await lab.close();
        labs.delete(lab);
      });
    });
  }

  return { begin, close: () => Promise.all([...labs].map((lab) => lab.close())) };
}

function refuse(client) {
  tell(client, { type: "failed", message: `${MOST_LABS} pages have workers already: close one of them.` });
  client.close();
}
