import {
  isStorableText,
  type JobType,
  type Kind,
  type PageOptions,
  type RecordPage,
  type RequestRecords,
} from "@statusplane/core";
import { type JobBody, type PageBody, ROUTES, type VideoBody } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { requireTenant, SUBJECT_MAX_CHARACTERS } from "../auth/index.ts";
import { jobItem, jobItemOf, videoItem, videoItemOf } from "../detail/index.ts";
import { schemaOf } from "../http/schema-of.ts";
import type { JobUrls } from "../job-urls.ts";
import { playbackFor, type PlaybackUrls } from "../playback/playback-signature.ts";
import { statusSchema } from "../progress/index.ts";

export interface HistoryOptions {
  readonly records: Pick<RequestRecords, "page">;
  /** Null: nothing plays here. */
  readonly playback: PlaybackUrls | null;
  readonly urls: JobUrls;
  readonly jobTypes: readonly JobType[];
}

const PAGE_DEFAULT = 20;
const PAGE_MAX = 100;

const text = (maxCharacters: number) => z.string().max(maxCharacters).refine(isStorableText, "is not a text");

const nextCursor = { next_cursor: z.string().nullable() };

const query = z.object({
  cursor: z.string().max(500).optional().describe("next_cursor of the page before"),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  status: statusSchema.optional(),
  created_by: text(SUBJECT_MAX_CHARACTERS).optional().describe("the submitter's `sub`"),
});
const jobsQuery = query.extend({
  job_type: text(64).optional(),
});
const videoPage = schemaOf<PageBody<VideoBody>>()(z.object({ items: z.array(videoItem), ...nextCursor }));
const jobPage = schemaOf<PageBody<JobBody>>()(z.object({ items: z.array(jobItem), ...nextCursor }));

/** `GET /media/videos/` and `GET /api/v1/jobs/`. */
export function historyRoutes(
  fastify: FastifyInstance,
  { records, playback, ...shown }: HistoryOptions,
): void {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const read = (request: FastifyRequest, kind: Kind, asked: z.infer<typeof jobsQuery>): Promise<RecordPage> =>
    records.page(requireTenant(request), kind, pageOptions(asked));
  const tags = ["records"];
  app.get(
    ROUTES.list.video,
    {
      config: { readsRecords: true },
      schema: {
        tags,
        summary: "Videos, newest first",
        querystring: query,
        response: { 200: videoPage },
      },
    },
    async (request) => {
      const { items, nextCursor } = await read(request, "video", request.query);
      return {
        items: items.map((each) => videoItemOf(each, playbackFor(request, playback))),
        next_cursor: nextCursor,
      };
    },
  );
  app.get(
    ROUTES.list.job,
    {
      config: { readsRecords: true },
      schema: {
        tags,
        summary: "Jobs, newest first",
        querystring: jobsQuery,
        response: { 200: jobPage },
      },
    },
    async (request) => {
      const { items, nextCursor } = await read(request, "job", request.query);
      return { items: items.map((each) => jobItemOf(each, shown)), next_cursor: nextCursor };
    },
  );
}

function pageOptions(asked: z.infer<typeof jobsQuery>): PageOptions {
  const { cursor, limit, status, job_type: jobType, created_by: createdBy } = asked;
  return {
    cursor: cursor === undefined || cursor === "" ? null : cursor,
    limit,
    ...(status === undefined ? {} : { status }),
    ...(jobType === undefined ? {} : { jobType }),
    ...(createdBy === undefined ? {} : { createdBy }),
  };
}
