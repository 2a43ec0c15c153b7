/** What runtimes pass along with a request that knows the client's address. */
interface Peer {
  /** @hono/node-server: Node's own request; `server` where it is nested. */
  incoming?: { socket?: { remoteAddress?: unknown } };
  server?: Peer;
  /** Bun's server. */
  requestIP?: (request: Request) => { address?: unknown } | null;
  /** Deno's connection. */
  remoteAddr?: { hostname?: unknown };
}

/**
 * The client's address, as the runtime knows it. Header fields are believed in one place only: on Cloudflare
 * Workers, where the edge itself writes `CF-Connecting-IP` and drops what a client sent. (`request.cf` exists
 * there and nowhere else, and no client can make it exist.)
 */
export function peerAddress(request: Request, peer: unknown): unknown {
  if (typeof (request as { cf?: unknown }).cf === "object") return request.headers.get("cf-connecting-ip");
  if (typeof peer !== "object" || peer === null) return undefined;
  const { server } = peer as Peer;
  return addressOf(request, (typeof server === "object" && server !== null ? server : peer) as Peer);
}

function addressOf(request: Request, peer: Peer): unknown {
  if (peer.incoming !== undefined) return peer.incoming?.socket?.remoteAddress;
  if (typeof peer.requestIP === "function") return peer.requestIP(request)?.address;
  return peer.remoteAddr?.hostname;
}
