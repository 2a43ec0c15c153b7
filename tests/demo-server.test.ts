// The demo server over HTTP: exact under load, plain about what is wrong.
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { type Demo, failedStart, repository, startDemo } from "./demo-process.js";

const running: Demo[] = [];

async function start(rate = "10 per 1h"): Promise<Demo> {
  const demo = await startDemo(rate);
  running.push(demo);
  return demo;
}

function changeRule({ url }: Demo, body: string, method = "PUT"): Promise<Response> {
  return fetch(`${url}/api/rule`, { method, body, headers: { "Content-Type": "application/json" } });
}

function asTab(id: string): RequestInit {
  return { headers: { "X-Client-Id": id } };
}

async function statuses(count: number, url: string, init?: RequestInit): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => fetch(url, init)));
  return answers.map(({ status }) => status).sort();
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((demo) => demo.stop()));
});

describe("under load", () => {
  it("lets exactly the limit through to a load generator", async () => {
    const { url } = await start("50 per 1h");
    const autocannon = join(repository, "node_modules", "autocannon", "autocannon.js");
    const args = [autocannon, "--json", "--no-progress", "--connections", "20", "--amount", "3000", `${url}/limited`];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { statusCodeStats } = JSON.parse(stdout);
    expect(statusCodeStats).toEqual({ 200: { count: 50 }, 429: { count: 2950 } });
  });
});

describe("keys", () => {
  it("gives each tab its own quota, and none of them touches /limited", async () => {
    const { url } = await start("2 per 1h");
    expect(await statuses(3, `${url}/api/hit`, asTab("tab-number-one"))).toEqual([200, 200, 429]);
    expect(await statuses(3, `${url}/api/hit`, asTab("tab-number-two"))).toEqual([200, 200, 429]);
    expect(await statuses(3, `${url}/limited`)).toEqual([200, 200, 429]);
  });

  it("falls back to the address where the client's id is none", async () => {
    const { url } = await start("2 per 1h");
    expect(await statuses(1, `${url}/api/hit`, asTab("short"))).toEqual([200]);
    expect(await statuses(2, `${url}/api/hit`)).toEqual([200, 429]);
  });
});

describe("the rule", () => {
  it("reads RATE_LIMIT as policy and shows it", async () => {
    const { url } = await start("100 per minute");
    const state = await (await fetch(`${url}/api/state`)).json();
    expect(state.policies).toEqual([
      { name: "default", algorithm: "fixed-window", limit: 100, window: "1 minute", remaining: 100, resetAfterMs: 0 },
    ]);
  });

  it("changes while the server runs, with PUT and with POST", async () => {
    const demo = await start("1 per 1h");
    const hit = `${demo.url}/api/hit`;
    const rule = { algorithm: "token-bucket", limit: 2, window: "1h", burst: 6, cost: 2 };
    expect((await changeRule(demo, JSON.stringify(rule))).status).toBe(200);
    expect(await statuses(4, hit)).toEqual([200, 200, 200, 429]);
    expect((await changeRule(demo, '{"policies":["5 per 1h","2 per 1d"]}', "POST")).status).toBe(200);
    expect(await statuses(3, hit)).toEqual([200, 200, 429]);
  });

  it.each([
    ['{"limit":0,"window":"10s"}', "CONFIG_LIMIT", /^limit: 0 /],
    ['{"limit":5,"window":"soon"}', "CONFIG_WINDOW", /^window: "soon" /],
    ['{"limit":5,"window":"10s","cost":-1}', "CONFIG_COST", /^cost: -1 /],
    ['{"limit":5,"window":"10s","burst":9}', "CONFIG_BURST", /^burst: 9 /],
    ['{"limit":5,"window":"10s","windwo":1}', "CONFIG_UNKNOWN_OPTION", /windwo/],
    ['{"policies":["5 per 1s","a lot"]}', "CONFIG_RATE", /^policies\[1\]: "a lot" /],
    ['{"policies":["1/s","2/m","3/h"]}', "DEMO_POLICIES", /^policies: 3 /],
    ["[1, 2", "DEMO_REQUEST", /JSON/],
  ])("stays as it is when %s is asked for", async (asked, code, message) => {
    const demo = await start("1 per 1h");
    const refused = await changeRule(demo, asked);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ code, message: expect.stringMatching(message), hint: expect.any(String) });
    expect(await statuses(2, `${demo.url}/api/hit`)).toEqual([200, 429]);
  });
});

describe("starting and ending", () => {
  it("ends cleanly when told to, with connections open", async () => {
    const demo = await startDemo("1 per 1h");
    await fetch(`${demo.url}/api/state`);
    expect(await demo.stop()).toBe(0);
  });

  it.each([
    [{ PORT: "eight" }, /PORT: "eight" is not allowed; expected a whole number/],
    [{ PORT: "70000" }, /PORT: "70000" is not allowed/],
    [{ PORT: "0", RATE_LIMIT: "a lot" }, /RATE_LIMIT "a lot" cannot be used: .*expected a limit and a window/],
    [{ PORT: "0", REDIS_URL: "http://127.0.0.1:6379" }, /REDIS_URL is set, but .*redis:\/\/host:port/],
  ])("says what is wrong with %j", async (environment, message) => {
    const { code, said } = await failedStart(environment as Record<string, string>);
    expect(said).toMatch(message);
    expect(said).not.toContain("    at ");
    expect(code).toBe(1);
  });

  it("says that a port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const { code, said } = await failedStart({ PORT: String(port) });
    other.close();
    expect(said).toContain(`Port ${port} is in use`);
    expect(code).toBe(1);
  });
});
