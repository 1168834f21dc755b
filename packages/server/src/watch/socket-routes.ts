import { MESSAGE_MAX_BYTES, ROUTES, SUBPROTOCOL } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import type { Origins, SignIns } from "../auth/index.ts";
import { sendProblem } from "../errors/index.ts";
import { SocketSession } from "./socket-session.ts";
import type { Streams } from "./streams.ts";
import { acceptUpgrades, takeUpgrade } from "./upgrades.ts";

export interface SocketRouteOptions {
  readonly streams: Streams;
  readonly signIns: SignIns;
  readonly origins: Origins;
}

/** A client that does not answer a close is gone after this, ms. */
const CLOSE_TIMEOUT = { closeTimeout: 1_000 }; // an option that its types do not name
/** A message may come in so many pieces. */
const FRAGMENTS_MAX = 64;

/**
 * `GET /api/v1/ws/`: snapshots as they change, by WebSocket. A page of a foreign origin, and an address that went on
 * bringing what lets nobody in, are refused before the handshake. All else that a page should understand is told by a close code
 * after it: a browser does not show the answer of a handshake that was refused.
 */
export function socketRoutes(fastify: FastifyInstance, options: SocketRouteOptions): void {
  const { signIns, origins } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false, // costs memory per connection, and would make each client's bytes its own
    maxPayload: MESSAGE_MAX_BYTES,
    ...CLOSE_TIMEOUT,
    maxFragments: FRAGMENTS_MAX,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  acceptUpgrades(fastify.server);
  fastify.get(
    ROUTES.socket,
    {
      exposeHeadRoute: false,
      config: { documents: { summary: "Snapshots as they change, by WebSocket" } },
    },
    async (request, reply) => {
      const refusals = signIns.tokens.limits.ofAddress(request);
      if (refusals.isSpent()) {
        return sendProblem(reply, "rate_limited", { retryAfterSeconds: refusals.retryAfterSeconds() });
      }
      if (request.headers.upgrade?.toLowerCase() !== "websocket") {
        return sendProblem(reply.header("upgrade", "websocket"), "upgrade_required");
      }
      if (!origins.mayAct(request)) {
        return sendProblem(reply, "origin_not_allowed", { detail: request.headers.origin ?? "no Origin" });
      }
      await options.streams.turn();
      const upgrade = takeUpgrade(request.raw, reply.raw);
      if (upgrade === null) return sendProblem(reply.header("upgrade", "websocket"), "upgrade_required");
      reply.hijack();
      sockets.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (ws) => {
        new SocketSession({ ws, socket: upgrade.socket, request }, options).begin(request);
      });
      return reply;
    },
  );
  fastify.addHook("onClose", (_instance, done) => {
    sockets.close();
    done();
  });
}
