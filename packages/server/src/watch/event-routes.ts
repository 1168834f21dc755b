import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { z } from "zod";
import { requireIdentity } from "../auth/index.ts";
import { addVary } from "../errors/index.ts";
import {
  allowed,
  askOfBody,
  askOfEvents,
  batchQuery,
  type AskQuery,
  type NamedAsk,
} from "../progress/index.ts";
import { SseChannel } from "./sse-channel.ts";
import type { Stream, StreamParts } from "./stream.ts";
import type { Streams } from "./streams.ts";

const HEAD = {
  "content-type": "text/event-stream; charset=utf-8",
  // What stands between must neither keep it, nor hold it back, nor pack it: a bar would stand still meanwhile.
  "cache-control": "private, no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
/** How soon a browser's own reader comes back, ms. */
const RETRY = "retry: 2000\n\n";

const VIEWS = "at most 100 videos whose views are told, for a sign-in that may manage";
const names = z.array(z.string()).max(1_000);
const watchBody = z.object({
  videos: names.optional(),
  jobs: names.optional().describe("at most 100 with videos"),
  active: z.boolean().optional().describe("the tenant's live list and its last ends, too"),
  views: z.array(z.string()).max(1_000).optional().describe(VIEWS),
});
const eventsQuery = batchQuery.extend({
  views: z.string().optional().describe(`ids, comma-separated: ${VIEWS}`),
});

/** `GET` and `POST /api/v1/events/`: snapshots as they change, by Server-Sent Events. */
export function eventRoutes(fastify: FastifyInstance, streams: Streams): void {
  fastify.get(
    ROUTES.events,
    {
      config: {
        documents: {
          summary: "Snapshots as they change, by Server-Sent Events",
          querystring: eventsQuery,
        },
      },
    },
    async (request, reply) => begin(request, reply, { streams, ask: askOfEvents(request.query as AskQuery) }),
  );
  fastify.post(
    ROUTES.events,
    {
      config: {
        documents: { summary: "The same for more jobs than an address holds", body: watchBody },
      },
    },
    async (request, reply) => begin(request, reply, { streams, ask: askOfBody(request.body) }),
  );
}

interface Begin {
  readonly streams: Streams;
  readonly ask: NamedAsk;
}

/** Until everything is read that comes first, a refusal is an answer like any other. */
async function begin(
  request: FastifyRequest,
  reply: FastifyReply,
  { streams, ask }: Begin,
): Promise<FastifyReply> {
  const identity = requireIdentity(request);
  const asked = allowed(ask, identity);
  streams.assertStaying();
  await streams.turn();
  const place = streams.place(request.ip);
  const viewer = streams.viewer();
  try {
    place.signIn(identity);
    await viewer.watch(asked);
  } catch (error) {
    place.release();
    await viewer.close();
    throw error;
  }
  addVary(reply, "Authorization");
  reply.headers(HEAD);
  if (request.method === "HEAD") {
    place.release();
    await viewer.close();
    return reply.send();
  }
  reply.hijack();
  const { raw } = reply;
  if (request.raw.socket.destroyed) {
    place.release();
    await viewer.close();
    return reply;
  }
  raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders); // as Fastify itself hands them on
  writeBeginning(raw);
  open(streams, raw, { viewer, identity, place });
  return reply;
}

/** The head goes by itself: Node keeps the text of one that goes with a body in all its pieces, a kilobyte a stream. */
function writeBeginning(raw: ServerResponse): void {
  raw.cork();
  raw.flushHeaders();
  raw.write(RETRY);
  raw.uncork();
}

/** Apart from what knows the request: listeners keep what is in their scope as long as they live. */
function open(streams: Streams, raw: ServerResponse, parts: Omit<StreamParts, "channel">): void {
  let stream: Stream | null = null;
  const channel = new SseChannel(raw, {
    onDrain: () => stream !== null && streams.drained(stream),
    onClose: () => stream !== null && streams.gone(stream),
  });
  stream = streams.open({ channel, ...parts });
}
