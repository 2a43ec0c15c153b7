// Redis over HTTP before a real server, as Upstash documents its REST interface. This is our reading of that text, not
// Upstash: a command is a POST of a JSON array, `/pipeline` takes several; answers are `{"result": …}` or, with status
// 400, `{"error": …}`; texts are base64 where the request asks for that.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Redis } from "ioredis";

const TOKEN = "secret of this test";

/** The proxy: what a client needs, how many requests came, and how long each is held back. */
export interface HttpProxy {
  url: string;
  token: string;
  requests: number;
  delayMs: number;
  stop(): Promise<void>;
}

export async function startHttpProxy(target: number): Promise<HttpProxy> {
  const redis = new Redis(target, "127.0.0.1");
  redis.on("error", () => {});
  const server = createServer((request, response) => void handle(redis, proxy, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const proxy: HttpProxy = {
    url: `http://127.0.0.1:${port}`,
    token: TOKEN,
    requests: 0,
    delayMs: 0,
    stop: async () => {
      redis.disconnect();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

async function handle(
  redis: Redis,
  proxy: HttpProxy,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  proxy.requests++;
  const body = await read(request);
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return send(response, 401, { error: "WRONGPASS" });
  const encode = request.headers["upstash-encoding"] === "base64" ? base64 : (value: unknown) => value;
  const commands = JSON.parse(body) as unknown[];
  const isPipeline = request.url === "/pipeline";
  const answers: { result?: unknown; error?: string }[] = [];
  for (const command of isPipeline ? (commands as unknown[][]) : [commands]) {
    answers.push(await run(redis, command, encode));
  }
  if (proxy.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, proxy.delayMs));
  const [only] = answers;
  send(response, !isPipeline && only?.error !== undefined ? 400 : 200, isPipeline ? answers : only);
}

async function run(redis: Redis, command: unknown[], encode: (value: unknown) => unknown) {
  const [name, ...args] = command.map(String);
  try {
    return { result: encode(await redis.call(String(name), ...args)) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const piece of request) body += piece;
  return body;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Texts only: numbers stay, and so does "OK". */
function base64(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(base64);
  return typeof value === "string" && value !== "OK" ? Buffer.from(value).toString("base64") : value;
}
