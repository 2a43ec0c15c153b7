import { type Server as HttpServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { serve as serveFetch } from "@hono/node-server";
import express, { type Request as ExpressRequest, type Response as ExpressResponse, type NextFunction } from "express";
import Fastify, { type FastifyRequest } from "fastify";
import { type Context, Hono } from "hono";
import { rateLimit as expressLimit } from "../src/express.js";
import { rateLimit as fastifyLimit } from "../src/fastify.js";
import { rateLimit as fetchLimit } from "../src/fetch.js";
import { rateLimit as honoLimit } from "../src/hono.js";
import type { Decision, HttpOptions } from "../src/index.js";

/** What a test knows of a request, whatever the framework calls it. */
export interface Call {
  header(name: string): string | undefined;
}

/** A server on 127.0.0.1 whose `/` answers with the status that `?status=` asks for. */
export interface Running {
  port: number;
  get(path?: string, headers?: Record<string, string>): Promise<Response>;
  /** The statuses of calls one after the other. */
  statuses(calls: number, path?: string, headers?: Record<string, string>): Promise<number[]>;
  /** Decisions that the handler saw, by request. */
  seen: (Decision | null | undefined)[];
}

/** Options as one test writes them for all frameworks. */
export type CallOptions = HttpOptions<Call, string>;

export interface Framework {
  name: string;
  /** Serves `/` behind one middleware for each of the options. */
  start(...options: CallOptions[]): Promise<Running>;
}

const started: HttpServer[] = [];

/** Stops what a test has started. */
export async function stopAll(): Promise<void> {
  for (const server of started.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Listens on a free port of 127.0.0.1; {@link stopAll} ends it. */
export async function listening(server: HttpServer): Promise<number> {
  started.push(server);
  if (!server.listening) await new Promise<void>((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
}

/** How to call a server that listens on `port`. */
export function running(port: number, seen: Running["seen"] = []): Running {
  const get = (path = "/", headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: "manual" });
  const statuses = async (calls: number, path?: string, headers?: Record<string, string>) => {
    const list: number[] = [];
    for (let i = 0; i < calls; i++) {
      const response = await get(path, headers);
      await response.arrayBuffer();
      list.push(response.status);
    }
    return list;
  };
  return { port, get, statuses, seen };
}

/** The status of a call that comes from one of the many addresses of this machine. */
export function statusFrom(localAddress: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = httpRequest({ host: "127.0.0.1", port, localAddress, agent: false }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    });
    call.once("error", reject);
    call.end();
  });
}

/** Replaces the parameter of all functions, so that a test can be written once. */
function adapted<C>(options: CallOptions, call: (ctx: C) => Call): HttpOptions<C, string> {
  const entries = Object.entries(options).map(([name, value]) => [
    name,
    typeof value === "function" ? (ctx: C, more: never) => value(call(ctx), more) : value,
  ]);
  return Object.fromEntries(entries);
}

const statusAsked = (url: string) => Number(new URL(url, "http://localhost").searchParams.get("status") ?? 200);

async function startExpress(...options: CallOptions[]): Promise<Running> {
  const app = express();
  const seen: Running["seen"] = [];
  const call = (req: ExpressRequest): Call => ({ header: (name) => req.get(name) });
  for (const one of options) app.use(expressLimit(adapted(one, call)));
  app.get("/", (req, res) => {
    seen.push(req.rateLimit);
    res.status(statusAsked(req.url)).send("ok");
  });
  app.use((_error: Error, _req: ExpressRequest, res: ExpressResponse, _next: NextFunction) => {
    res.status(500).send("failed");
  });
  return running(await listening(app.listen(0, "127.0.0.1")), seen);
}

async function startFastify(...options: CallOptions[]): Promise<Running> {
  const app = Fastify();
  const seen: Running["seen"] = [];
  const call = (request: FastifyRequest): Call => ({ header: (name) => request.headers[name]?.toString() });
  for (const one of options) await app.register(fastifyLimit, adapted(one, call));
  app.get("/", (request, reply) => {
    seen.push(request.rateLimit);
    reply.code(statusAsked(request.url)).send("ok");
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return running(await listening(app.server), seen);
}

async function startHono(...options: CallOptions[]): Promise<Running> {
  const app = new Hono();
  const seen: Running["seen"] = [];
  const call = (c: Context): Call => ({ header: (name) => c.req.header(name) });
  for (const one of options) app.use(honoLimit(adapted(one, call)));
  app.get("/", (c) => {
    seen.push(c.var.rateLimit);
    return new Response("ok", { status: statusAsked(c.req.url) });
  });
  app.onError((_error, c) => c.text("failed", 500));
  return running(await listening(serveOn(app.fetch)), seen);
}

async function startFetch(...options: CallOptions[]): Promise<Running> {
  const seen: Running["seen"] = [];
  const call = (request: Request): Call => ({ header: (name) => request.headers.get(name) ?? undefined });
  const limits = options.map((one) => fetchLimit(adapted(one, call)));
  const respond = async (request: Request, env: object) => {
    for (const limit of limits) {
      const refused = await limit(request, env);
      if (refused !== undefined) return refused;
    }
    seen.push(limits.at(-1)?.decision(request));
    const response = new Response("ok", { status: statusAsked(request.url) });
    return limits.reduce((finished, limit) => limit.finish(request, finished), response);
  };
  const guarded = (request: Request, env: object) =>
    respond(request, env).catch(() => new Response("failed", { status: 500 }));
  return running(await listening(serveOn(guarded)), seen);
}

/** Serves what takes a `Request` through @hono/node-server. */
export function serveOn(fetch: (request: Request, env: never) => Response | Promise<Response>): HttpServer {
  return serveFetch({ fetch: fetch as never, port: 0, hostname: "127.0.0.1" }) as HttpServer;
}

export const frameworks: readonly Framework[] = [
  { name: "express", start: startExpress },
  { name: "fastify", start: startFastify },
  { name: "hono", start: startHono },
  { name: "fetch", start: startFetch },
];
