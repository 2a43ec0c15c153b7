// The quick starts for calls that go out, with the real SDKs, against a server here that answers as the APIs do.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Octokit } from "@octokit/core";
import OpenAI from "openai";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPacer, type Pacer } from "../js/src/index.js";

/** One answer of the server. */
interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

interface Asked {
  method: string;
  path: string;
  at: number;
}

const DONE: Answer = { body: { ok: true } };

let answers: Answer[];
let asked: Asked[];
let server: ReturnType<typeof createServer>;
let url: string;
let pacers: Pacer[];

beforeEach(async () => {
  answers = [];
  asked = [];
  pacers = [];
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await Promise.all(pacers.map((pacer) => pacer.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Answers with what stands in `answers`, in order, then with the last one. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  asked.push({ method: request.method ?? "", path: request.url ?? "", at: performance.now() });
  for await (const _ of request);
  const { status = 200, headers = {}, body = {} } = (answers.length > 1 ? answers.shift() : answers[0]) ?? DONE;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** Ends with the test. */
function closedLater<P extends object>(pacer: P): P {
  pacers.push(pacer as unknown as Pacer);
  return pacer;
}

/** The time between two requests, in milliseconds. */
const gap = (first: number, second: number) => (asked[second]?.at ?? 0) - (asked[first]?.at ?? 0);

describe("OpenAI", () => {
  const client = () => new OpenAI({ apiKey: "none", baseURL: url, maxRetries: 0 });
  const body = { model: "any", messages: [{ role: "user" as const, content: "hello" }] };
  const completion = {
    id: "1",
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: "hi" } }],
    usage: { prompt_tokens: 20, completion_tokens: 80, total_tokens: 100 },
  };
  const usual = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-limit-tokens": "30000",
    "x-ratelimit-remaining-tokens": "29900",
    "x-ratelimit-reset-tokens": "6m0s",
  };
  const pacer = (more: object = {}) =>
    closedLater(
      createPacer({
        name: "openai",
        redis: undefined,
        concurrency: 20,
        maxDelay: "30s",
        policies: [
          { name: "requests", limit: 500, window: "1m" },
          { name: "tokens", limit: 30_000, window: "1m" },
        ],
        ...more,
      }),
    );

  it("is charged what the tokens really were, and not the estimate", async () => {
    answers = [{ headers: usual, body: completion }];
    const openai = pacer();
    const ask = () =>
      openai(
        async ({ settle }) => {
          const r = await client().chat.completions.create(body);
          settle({ tokens: r.usage?.total_tokens ?? 0 });
          return r;
        },
        { cost: { requests: 1, tokens: 20_000 } },
      );
    const first = await ask();
    expect(first.choices[0]?.message.content).toBe("hi");
    // Two estimates of 20,000 do not fit into 30,000; an estimate and a truth do.
    expect((await ask()).usage?.total_tokens).toBe(100);
    expect(openai.stats()).toMatchObject({ quota: 500, startedInWindow: 2 });
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(2).fill("POST /chat/completions"));
  });

  it("pauses on 429 for as long as it says, then goes again", async () => {
    const refusal = { error: { message: "Rate limit reached", code: "rate_limit_exceeded" } };
    answers = [
      { status: 429, headers: { ...usual, "retry-after": "1" }, body: refusal },
      { headers: usual, body: completion },
    ];
    const openai = pacer({ retry: 2 });
    const paused: string[] = [];
    openai.on("paused", ({ ms, from }) => paused.push(`${ms} ms from ${from}`));
    const cost = { requests: 1, tokens: 100 };
    const r = await openai(() => client().chat.completions.create(body), { cost });
    expect(r.id).toBe("1");
    expect(paused).toEqual(["1000 ms from 429"]);
    expect(gap(0, 1)).toBeGreaterThanOrEqual(990);
  });

  it("is not asked again before 6m0s have passed when its tokens are used up", async () => {
    answers = [{ headers: { ...usual, "x-ratelimit-remaining-tokens": "0" }, body: completion }];
    const openai = pacer({ maxDelay: 50 });
    const told = new OpenAI({ apiKey: "none", baseURL: url, maxRetries: 0, fetch: openai.fetch });
    await told.chat.completions.create(body);
    const late = await openai(() => "gone", { cost: { requests: 1, tokens: 1 } }).catch((error) => error.code);
    expect(late).toBe("TIMEOUT");
    expect(asked.length).toBe(1);
    expect(await openai(() => "no tokens", { cost: { requests: 1 } })).toBe("no tokens");
  });
});

describe("GitHub", () => {
  const octokit = (github: { fetch: typeof fetch }) => new Octokit({ baseUrl: url, request: { fetch: github.fetch } });
  const pacer = (more: object = {}) =>
    closedLater(createPacer({ name: "github", limit: 5000, window: "1h", concurrency: 10, retry: 2, ...more }));
  const limits = (remaining: number, resetInSecs: number) => ({
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-used": String(5000 - remaining),
    "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + resetInSecs),
    "x-ratelimit-resource": "core",
  });

  it("goes through Octokit, and holds back what GitHub says is used up", async () => {
    answers = [1, 0].map((remaining) => ({ headers: limits(remaining, 3_600), body: { login: "ann" } }));
    const github = pacer({ maxDelay: 50 });
    const { data } = await octokit(github).request("GET /user");
    expect(data.login).toBe("ann");
    await octokit(github).request("GET /user");
    await expect(octokit(github).request("GET /user")).rejects.toThrow(/maxDelay/);
    expect(asked.length).toBe(2);
  });

  it.each([429, 403])("goes again after a secondary limit of status %d with Retry-After", async (refusal) => {
    const secondary = { message: "You have exceeded a secondary rate limit." };
    answers = [
      { status: refusal, headers: { ...limits(4_000, 3_600), "retry-after": "1" }, body: secondary },
      { headers: limits(3_999, 3_600), body: { login: "ann" } },
    ];
    const { status } = await octokit(pacer()).request("GET /user");
    expect([status, asked.length]).toEqual([200, 2]);
    expect(gap(0, 1)).toBeGreaterThanOrEqual(990);
  });

  it("goes again after a primary limit of status 403, when it is reset", async () => {
    const primary = { message: "API rate limit exceeded" };
    answers = [{ status: 403, headers: limits(0, 2), body: primary }, { body: { login: "ann" } }];
    const github = pacer();
    const { data } = await github(() => new Octokit({ baseUrl: url }).request("GET /user"));
    expect(data.login).toBe("ann");
    expect(asked.length).toBe(2);
  });

  it("does not go again after a 403 of another kind", async () => {
    answers = [{ status: 403, headers: limits(4_000, 3_600), body: { message: "Must have admin rights." } }];
    await expect(octokit(pacer()).request("GET /user")).rejects.toMatchObject({ status: 403 });
    expect(asked.length).toBe(1);
  });
});

describe("Stripe", () => {
  const pacer = (more: object = {}) =>
    closedLater(createPacer({ name: "stripe", limit: 25, window: "1s", concurrency: 5, ...more }));
  const stripe = (stripePace: { fetch: typeof fetch }) =>
    new Stripe("sk_test_none", {
      httpClient: Stripe.createFetchHttpClient(stripePace.fetch),
      maxNetworkRetries: 0,
      telemetry: false,
      protocol: "http",
      host: "127.0.0.1",
      port: new URL(url).port,
    });

  it("goes through its fetch client, within the limit", async () => {
    answers = [{ body: { id: "cus_1", object: "customer" } }];
    const paced = pacer({ limit: 2, maxDelay: 0 });
    const all = await Promise.allSettled([1, 2, 3].map(() => stripe(paced).customers.retrieve("cus_1")));
    expect(all.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(asked.map(({ path }) => path)).toEqual(Array(2).fill("/v1/customers/cus_1"));
  });

  it("goes again after a rate limit", async () => {
    const error = { error: { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" } };
    const limited = { "stripe-rate-limited-reason": "global-rate", "retry-after": "1" };
    answers = [{ status: 429, headers: limited, body: error }, { body: { id: "cus_1", object: "customer" } }];
    const { id } = await stripe(pacer({ retry: 2 })).customers.retrieve("cus_1");
    expect([id, asked.length]).toEqual(["cus_1", 2]);
    expect(gap(0, 1)).toBeGreaterThanOrEqual(990);
  });

  it("tells the refusal as its own error where it does not go again", async () => {
    const error = { error: { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" } };
    answers = [{ status: 429, body: error }];
    await expect(stripe(pacer()).customers.retrieve("cus_1")).rejects.toMatchObject({ statusCode: 429 });
  });
});

describe("the end of a process", () => {
  it("waits for what is on its way, and takes no more", async () => {
    answers = [DONE];
    const github = closedLater(createPacer({ limit: 5_000, window: "1h" }));
    const running = github.fetch(url);
    const drained = github.close({ drain: "20s" });
    await expect(github(() => {})).rejects.toMatchObject({ code: "CLOSED" });
    await drained;
    expect((await running).status).toBe(200);
  });
});
