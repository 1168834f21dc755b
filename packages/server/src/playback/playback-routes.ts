import { StatusplaneError, viewRef, type JobRef, type StatusReader, type ViewStore } from "@statusplane/core";
import { playbackBody, ROUTES, type PlaybackBody } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";
import { groupsOf, recordRef, subjectOf } from "../auth/index.ts";
import type { DetailReads } from "../detail/index.ts";
import type { KnownViews, ViewGrants } from "../views/index.ts";
import type { PlaybackUrls } from "./playback-signature.ts";

export interface PlaybackRoutesOptions {
  readonly reader: Pick<StatusReader, "read">;
  readonly details: DetailReads;
  readonly playback: PlaybackUrls;
  /** Who may play by the policies, and grants for reports; null: everybody may, and nothing is reported. */
  readonly viewing: Viewing | null;
}

interface Viewing {
  readonly known: KnownViews;
  readonly grants: ViewGrants;
  readonly views: Pick<ViewStore, "readGeneration">;
}

const answer = schemaOf<PlaybackBody>()(
  z.object({
    hls_url: z.string().describe("the playlist, signed"),
    poster_url: z.string().nullable(),
    expires_at: z.iso.datetime().describe("ask again before"),
    view_grant: z.string().nullable().describe("lets a page that is left report what was watched"),
  }),
);

/** `GET /media/videos/{id}/playback/`. */
export function playbackRoutes(fastify: FastifyInstance, options: PlaybackRoutesOptions): void {
  fastify.get(
    ROUTES.playback,
    {
      schema: { tags: ["playback"], summary: "Signed addresses of a READY video", response: { 200: answer } },
    },
    async (request) => {
      const ref = recordRef(request, "video");
      const attempt = await attemptToPlay(ref, options);
      const viewer = subjectOf(request);
      const { viewing } = options;
      if (viewing === null) return playbackBody(options.playback.urlsOf(ref, attempt));
      const groups = groupsOf(request);
      const [reason, generation] = await Promise.all([
        viewing.known.refusal(ref.tenant, ref.id, { viewer: viewer ?? "", groups }),
        viewer === null ? 0 : viewing.views.readGeneration(ref.tenant, viewer),
      ]);
      if (reason !== null) throw new StatusplaneError("not_allowed_to_play", { detail: reason });
      const viewGrant =
        viewer === null
          ? null
          : viewing.grants.grant(viewRef(ref.tenant, ref.id, viewer), { groups, generation });
      return playbackBody({ ...options.playback.urlsOf(ref, attempt), viewGrant });
    },
  );
}

/**
 * The attempt that a READY video plays: Redis says it without a statement. Only where Redis says nothing, or another
 * program's word that names no attempt, the row is read.
 * @throws {not_playable | record_not_found}
 */
async function attemptToPlay(ref: JobRef, { reader, details }: PlaybackRoutesOptions): Promise<number> {
  const snapshot = await reader.read(ref);
  const known = snapshot !== null && snapshot.attempt > 0 ? snapshot : await details.get(ref);
  if (known.status !== "READY") throw new StatusplaneError("not_playable");
  return known.attempt;
}
