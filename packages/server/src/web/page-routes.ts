import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathOf } from "../errors/index.ts";
import { PAGE_HEADERS } from "./page-headers.ts";

const ASSET_SECONDS = 31_536_000;

/**
 * Serves the files of a built page as they are at start. Without a built page it serves nothing and says so in the log.
 * @param webRoot the folder with `index.html`.
 * @returns whether there is a page.
 */
export async function pageRoutes(fastify: FastifyInstance, webRoot: string): Promise<boolean> {
  if (!existsSync(join(webRoot, "index.html"))) {
    fastify.log.warn({ webRoot }, "there is no built page in this folder: only the API is served");
    return false;
  }
  await fastify.register(fastifyStatic, {
    root: webRoot,
    // One route per file, not a wildcard: unknown addresses stay unknown.
    wildcard: false,
    index: ["index.html"],
    cacheControl: false,
    schemaHide: true,
    setHeaders: (reply, path) => {
      const named = path.includes("/assets/");
      // The build puts a hash of the content into the names of assets.
      reply.header("cache-control", named ? `public, max-age=${ASSET_SECONDS}, immutable` : "no-cache");
      for (const [name, value] of Object.entries(PAGE_HEADERS)) reply.header(name, value);
    },
  });
  return true;
}

const OTHERS = /^\/(?:api|media|healthz|readyz|metrics|openapi\.json|docs|assets)(?:\/|$)/;

/** Answers the page's own addresses (`/history`, `/videos/42`) with index.html. */
export function answerPageAddress(request: FastifyRequest, reply: FastifyReply): boolean {
  const wantsPage = request.method === "GET" || request.method === "HEAD";
  if (!wantsPage || OTHERS.test(pathOf(request.url))) return false;
  if (request.headers.accept?.includes("text/html") !== true) return false;
  void reply.sendFile("index.html");
  return true;
}
