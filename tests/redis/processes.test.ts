import { afterAll, beforeAll, expect, it } from "vitest";
import { output, startInstance } from "./processes.js";
import { type Server, startServer } from "./server.js";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

it("with a limit of 3 over two instances the 4th request gets 429 on the second one", async ({ onTestFinished }) => {
  const instances = await Promise.all([startInstance(server.url), startInstance(server.url)]);
  onTestFinished(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
  });
  const [one, other] = instances;
  const answers: (readonly [number, string | null])[] = [];
  for (const { url } of [one, one, other, other]) {
    const response = await fetch(url);
    answers.push([response.status, response.headers.get("RateLimit")?.replace(/;t=\d+$/, "") ?? null]);
  }
  const told = (remaining: number) => `"w4";r=${remaining}`;
  expect(answers).toEqual([
    [200, told(2)],
    [200, told(1)],
    [200, told(0)],
    [429, told(0)],
  ]);
});

it("eight processes that hammer one key admit exactly the limit", async () => {
  const printed = await Promise.all(
    Array.from({ length: 8 }, () => output("hammer.mjs", server.url, "hammer", 1_000, 400)),
  );
  const went = printed.map((text) => JSON.parse(text) as Record<string, number>);
  expect(went.flatMap(Object.keys).filter((source) => source !== "store")).toEqual([]);
  expect(went.reduce((sum, { store = 0 }) => sum + store, 0)).toBe(1_000);
});

it("a deploy that changes the limit counts anew under the new one", async () => {
  const sum = async (limit: number) =>
    JSON.parse(await output("hammer.mjs", server.url, "deploy", limit, 100)).store ?? 0;
  expect([await sum(10), await sum(20), await sum(10)]).toEqual([10, 20, 0]);
});
