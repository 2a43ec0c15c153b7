// The example Worker in Cloudflare's runtime: what the two kinds of limit answer, and what a new start still knows.
import { afterEach, expect, it } from "vitest";
import { type Demo, startDemo } from "./demo-process.js";

const running: Demo[] = [];

async function start(): Promise<Demo> {
  const demo = await startDemo("", { program: "demo/worker/serve.mjs" });
  running.push(demo);
  return demo;
}

/** Asks as a visitor from this address. */
function visit({ url }: Demo, path: string, address: string): Promise<Response> {
  return fetch(`${url}${path}`, { headers: { "CF-Connecting-IP": address } });
}

/** An address that no run before this one has used: what it has left is kept for the next. */
const unused = () => `10.${Date.now() % 250}.${process.pid % 250}.${Math.floor(Math.random() * 250)}`;

afterEach(async () => {
  await Promise.all(running.splice(0).map((demo) => demo.stop()));
});

it.each([
  ["/isolate", "memory"],
  ["/world", "store"],
])("%s lets five through and says what is left", async (path, source) => {
  const demo = await start();
  const address = unused();
  for (const left of [4, 3, 2, 1, 0]) {
    const response = await visit(demo, path, address);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ left, of: 5, source });
    expect(response.headers.get("RateLimit")).toMatch(new RegExp(`^"${path.slice(1)}";r=${left};t=(10|[89])$`));
  }
  const refused = await visit(demo, path, address);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ "violated-policies": [path.slice(1)] });
  expect((await visit(demo, path, unused())).status).toBe(200);
});

it("shows both on a page", async () => {
  const demo = await start();
  const page = await (await visit(demo, "/", unused())).text();
  expect(page).toContain('data-path="/isolate"');
  expect(page).toContain('data-path="/world"');
});

it("ends whole: nothing goes on answering", async () => {
  const demo = await start();
  expect((await visit(demo, "/", unused())).status).toBe(200);
  running.pop();
  await demo.stop();
  await expect(visit(demo, "/", unused())).rejects.toThrow();
});
