/** Rate limits for Fastify: a plugin, and `config.rateLimit` of routes. */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { AddressSource } from "./http/callers.js";
import { Gate, type Refusal, type Verdict } from "./http/gate.js";
import { whenEnded } from "./http/node-response.js";
import { LATEST, ON_REQUESTS, type Passage } from "./http/passage.js";
import { isPending, thrown } from "./http/pending.js";
import { COMMON_OPTIONS } from "./http/settings.js";
import { STORE_OPTIONS } from "./store/options.js";
import type { Decision, HttpOptions, Redis } from "./types.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The latest decision about this request; null where none was made, as with `skip`. */
    rateLimit: Decision | null;
  }
  interface FastifyContextConfig {
    /** This route's own limit, in place of the plugin's; `false` for none. */
    rateLimit?: HttpOptions<FastifyRequest> | false;
  }
}

type Options = HttpOptions<FastifyRequest>;
type RouteGate = Gate<FastifyRequest, string>;
type Done = (error?: Error) => void;

const ADDRESSES: AddressSource<FastifyRequest> = {
  of: (request) => request.ip,
  advice: 'Behind a proxy name it, as in `Fastify({ trustProxy: "127.0.0.1" })`',
};

/** A route is limited in the application's store, under a name of its own. */
const SHARED_STORE_OPTIONS: readonly string[] = STORE_OPTIONS.filter((name) => name !== "name");

/** Where the configuration of a route keeps its gate. */
const GATE: unique symbol = Symbol("tollgate.gate");

interface RouteConfig {
  rateLimit?: Options | false;
  url?: string;
  method?: string | string[];
  [GATE]?: RouteGate;
}

/**
 * The plugin: `await app.register(rateLimit, { limit: 100, window: "1m" })`. It limits every route of the instance
 * it is registered on and of those inside, whenever they were declared, and requests that no route answers; by
 * client address (`request.ip`, so `trustProxy` counts) unless `key` says otherwise.
 *
 * A route with `config: { rateLimit: { limit: 3, window: "1h" } }` has a limit of its own instead (GET and its HEAD
 * share it). It takes over who is limited and how a refusal looks: `key`, `onKeyError`, `skip`, `allowList`,
 * `headers`, `statusCode`, `message`, `dryRun` and `onLimited`, and the store (where its name is its method and path,
 * unless it has one). With `rateLimit: false` it has none.
 *
 * It decides in `onRequest`: before the body is read. Errors of the functions given go to the error handler.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export async function rateLimit(app: FastifyInstance, options: Options): Promise<void> {
  const routes = new RouteGates(options);
  if (!app.hasRequestDecorator("rateLimit")) app.decorateRequest("rateLimit", null);
  if (!app.hasRequestDecorator(LATEST)) app.decorateRequest(LATEST, null);
  app.addHook("onRoute", (route) => routes.prepare(route));
  app.addHook("onRequest", (request, reply, done) => limit(routes, request, reply, done));
}

// What the package fastify-plugin does: hooks and decorators are for the instance that registers, not for one inside.
Object.assign(rateLimit, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "tollgate",
  [Symbol.for("plugin-meta")]: { fastify: ">=5", name: "tollgate" },
});

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What {@link registerRateLimit} takes. */
export type RegisterOptions = Without<Options, "redis"> & {
  /** A Redis URL or client; `REDIS_URL` of the environment when absent, and none at all with `false`. */
  redis?: Redis | false | undefined;
};

/**
 * Registers {@link rateLimit} in one call. Without `redis` it reads `REDIS_URL` itself; `redis: false` forbids that.
 */
export function registerRateLimit(
  app: FastifyInstance,
  { redis, ...options }: RegisterOptions,
): FastifyInstance & PromiseLike<undefined> {
  const { limiter } = options as { limiter?: unknown };
  const url = redis ?? (limiter === undefined ? process.env.REDIS_URL || undefined : undefined);
  return app.register(
    rateLimit,
    (url === undefined || url === false ? options : { ...options, redis: url }) as Options,
  );
}

/** The gate of an application, and those of routes that have their own. */
class RouteGates {
  #options: Options;
  #gate: RouteGate;
  #made = new WeakMap<object, Map<string, RouteGate>>();

  constructor(options: Options) {
    this.#options = options;
    this.#gate = new Gate("rateLimit", options, ADDRESSES, ON_REQUESTS);
  }

  /** Makes a route's gate while the application starts, so that its mistakes show then. */
  prepare(route: RouteOptions): void {
    const config = route.config as RouteConfig | undefined;
    if (config?.rateLimit === undefined || config.rateLimit === false) return;
    const gate = this.#own(config.rateLimit, route.method, route.url);
    route.config = { ...config, [GATE]: gate } as NonNullable<RouteOptions["config"]>;
  }

  /** The gate for a request; undefined where it is not limited. */
  of(request: FastifyRequest): RouteGate | undefined {
    const config = request.routeOptions.config as RouteConfig | undefined;
    if (config?.rateLimit === undefined) return this.#gate;
    if (config.rateLimit === false) return undefined;
    // A route that was declared before the plugin was loaded is seen here for the first time.
    config[GATE] ??= this.#own(config.rateLimit, config.method, config.url);
    return config[GATE];
  }

  /** Two routes may be given the same options object, and yet each has its own limit. */
  #own(options: Options, method: string | string[] | undefined, url: string | undefined): RouteGate {
    const place = `${String(method).replace("HEAD", "GET")} ${url}`;
    const made = this.#made.get(options) ?? new Map<string, RouteGate>();
    const gate = made.get(place) ?? this.#ownGate(options, place);
    if (typeof options === "object" && options !== null) this.#made.set(options, made.set(place, gate));
    return gate;
  }

  #ownGate(options: Options, place: string): RouteGate {
    return new Gate(`config.rateLimit of ${place}`, this.#completed(options), ADDRESSES, ON_REQUESTS, {
      storeName: place,
    });
  }

  #completed(options: Options): Options {
    if (typeof options !== "object" || options === null || Array.isArray(options)) return options;
    const handedOn = "limiter" in options ? COMMON_OPTIONS : [...COMMON_OPTIONS, ...SHARED_STORE_OPTIONS];
    const common = Object.entries(this.#options).filter(([name]) => handedOn.includes(name));
    return { ...Object.fromEntries(common), ...options };
  }
}

function limit(routes: RouteGates, request: FastifyRequest, reply: FastifyReply, done: Done): void {
  try {
    const gate = routes.of(request);
    const verdict = gate?.admit(request);
    if (gate === undefined || verdict === undefined) done();
    else if (!isPending(verdict)) answer(gate, verdict, request, reply, done);
    else
      Promise.resolve(verdict)
        .then((late) => answer(gate, late, request, reply, done))
        .catch(forward(done));
  } catch (error) {
    done(thrown(error));
  }
}

function answer(
  gate: RouteGate,
  passage: Verdict<string>,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done,
): void {
  if (passage === undefined) {
    done();
    return;
  }
  if (passage.decision !== undefined) request.rateLimit = passage.decision;
  const { fields } = passage;
  for (const name in fields) reply.header(name, fields[name] as string);
  if (passage.refused) {
    refuse(gate, passage, request, reply, done);
    return;
  }
  if (gate.refunds) whenEnded(reply.raw, (failed) => gate.ended(passage, failed));
  done();
}

function refuse(gate: RouteGate, passage: Passage, request: FastifyRequest, reply: FastifyReply, done: Done): void {
  const refusal = gate.refusal(request, passage);
  if (!isPending(refusal)) send(reply, refusal);
  else
    Promise.resolve(refusal)
      .then((late) => send(reply, late))
      .catch(forward(done));
}

/** As bytes: Fastify would put a text through the serializer of the application. */
function send(reply: FastifyReply, { status, type, body }: Refusal): void {
  reply.code(status).header("Content-Type", type).send(Buffer.from(body));
}

function forward(done: Done): (error: unknown) => void {
  return (error) => done(thrown(error));
}
