import { ROUTES } from "@statusplane/core/wire";
import type { FastifyRequest } from "fastify";
import { pathOf } from "../errors/index.ts";

export interface LogOptions {
  /** pino's level. Default "info"; "silent": nothing. */
  readonly level?: string;
  /** Where lines go. Default: stdout. */
  readonly stream?: { write(line: string): void };
}

/** Where a playback signature is in a path, below whatever prefix. */
const SIGNATURE = new RegExp(`(${ROUTES.outputFile.split(":")[0] ?? ""})[^/]+`);

/** A path as the log may show it: no query, no playback signature. */
export function loggedPath(url: string): string {
  return pathOf(url).replace(SIGNATURE, "$1[signature]").slice(0, 200);
}

/** A request as the log may show it. */
export function loggedRequest({ method, url }: Pick<FastifyRequest, "method" | "url">) {
  return { method, path: loggedPath(url) };
}

/**
 * pino's options: one JSON line per event (control characters are escaped by JSON itself), nothing that signs in.
 * Shared by an application that logs beside the server.
 */
export function logOptions({ level = "info", stream }: LogOptions = {}) {
  return {
    level,
    ...(stream === undefined ? {} : { stream }),
    redact: {
      paths: ["authorization", "*.authorization", "headers.authorization", "req.headers.authorization"],
      censor: "[redacted]",
    },
    serializers: {
      req: loggedRequest,
    },
  };
}
