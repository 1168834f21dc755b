import { StatusplaneError, type RequestFiles } from "@statusplane/core";
import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Limits } from "../auth/index.ts";
import { loggedRequest } from "../http/index.ts";
import { openAttemptFile, sendFile } from "../outputs/index.ts";
import { PLAYABLE_FILES_ROUTE, type PlayableFiles } from "./playable-files.ts";
import type { PlaybackUrls } from "./playback-signature.ts";

export interface SignedFileOptions {
  readonly playback: PlaybackUrls;
  /** What is served. */
  readonly playable: Pick<PlayableFiles, "typeOf">;
  readonly files: Pick<RequestFiles, "outputFolder">;
  /** Whoever plays spends the requests of the tenant that the signature names. */
  readonly limits: Pick<Limits, "ofTenant">;
}

/** `GET /media/hls/{signature}/{file}`: no token, no lookup but the file. */
export function signedFileRoutes(
  fastify: FastifyInstance,
  { playback, playable, files, limits }: SignedFileOptions,
): void {
  fastify.get(
    PLAYABLE_FILES_ROUTE,
    {
      logSerializers: { req: loggedRequest }, // whoever reads the log of a server that is not ours could play, too
      config: {
        documents: {
          path: ROUTES.outputFile,
          tags: ["playback"],
          summary: "A playlist, what it names, or the poster, by signature",
          security: [],
          response: { 200: z.unknown().describe("the file; Range is honoured") },
        },
      },
    },
    async (request, reply) => {
      const [signature = "", name = "", ...rest] = (request.params as { readonly "*": string })["*"].split(
        "/",
      );
      const type = rest.length === 0 ? playable.typeOf(name) : null;
      if (type === null) throw new StatusplaneError("route_not_found");
      const { ref, attempt, expiresAtMs } = playback.verify(signature);
      const requests = limits.ofTenant(ref.tenant);
      if (!requests.take()) {
        throw new StatusplaneError("rate_limited", { retryAfterSeconds: requests.retryAfterSeconds() });
      }
      const file = await openAttemptFile(files, { ref, attempt, name });
      if (file === null) throw new StatusplaneError("route_not_found");
      const lifeSeconds = Math.max(0, Math.floor((expiresAtMs - Date.now()) / 1_000));
      reply
        .header("content-type", type)
        .header("cache-control", `private, max-age=${lifeSeconds}, immutable`);
      return sendFile(request, reply, file);
    },
  );
}
