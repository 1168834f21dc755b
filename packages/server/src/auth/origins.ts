import type { FastifyRequest } from "fastify";

/** What says where the page of a request is from. */
type FromPage = Pick<FastifyRequest, "headers" | "host" | "protocol">;

/**
 * Which pages may act for whoever their browser signs in. A browser sends cookies, client certificates and passwords along
 * with whatever any page has it send, and says where that page is from with all that changes something and with each
 * WebSocket: `Origin` must then be the server's own or an allowed one. A program that signs in by a header and sends neither
 * `Origin` nor `Cookie` is no browser.
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed beside the server's own, exactly as browsers send them. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** Whether a request that acts may. */
  mayAct(request: FromPage): boolean {
    const { origin, cookie, "sec-fetch-site": site } = request.headers;
    if (origin === undefined) return cookie === undefined && site === undefined;
    return this.#allowed.has(origin) || isOwnOrigin(origin, request);
  }
}

/** Behind a proxy that ends TLS the request looks like http: the page may then be https. Never the other way round. */
function isOwnOrigin(origin: string, { host, protocol }: FromPage): boolean {
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  const schemes = protocol === "https" ? ["https:"] : ["http:", "https:"];
  return schemes.includes(page.protocol) && page.host === host.toLowerCase();
}
