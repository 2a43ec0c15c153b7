// A Worker with limits of both kinds: in the memory of each isolate, and for the whole world.
import { Hono } from "hono";
import { durable } from "tollgate/cloudflare";
import { rateLimit } from "tollgate/hono";
import { PAGE } from "./page.mjs";

// Wrangler finds the class of the Durable Objects here.
export { TollgateObject } from "tollgate/cloudflare";

const app = new Hono();

app.use("/isolate", rateLimit({ name: "isolate", limit: 5, window: "10s" }));
app.use(
  "/world",
  rateLimit({ name: "world", limit: 5, window: "10s", redis: (c) => durable(c.env.TOLLGATE), onStoreError: "local" }),
);

for (const path of ["/isolate", "/world"]) {
  app.get(path, (c) => {
    const { remaining, limit, source } = c.var.rateLimit;
    return c.json({ left: remaining, of: limit, source });
  });
}

app.get("/", (c) => c.html(PAGE));

export default app;
