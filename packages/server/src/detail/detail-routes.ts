import type { JobType, Kind } from "@statusplane/core";
import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { recordRef } from "../auth/index.ts";
import type { JobUrls } from "../job-urls.ts";
import { playbackFor, type PlaybackUrls } from "../playback/playback-signature.ts";
import { jobDetail, jobDetailOf, videoDetail, videoDetailOf } from "./detail-body.ts";
import type { DetailReads } from "./detail-reads.ts";

export interface DetailOptions {
  readonly details: DetailReads;
  /** Null: nothing plays here. */
  readonly playback: PlaybackUrls | null;
  readonly urls: JobUrls;
  readonly jobTypes: readonly JobType[];
}

/** The two detail endpoints. */
export function detailRoutes(fastify: FastifyInstance, { details, playback, ...shown }: DetailOptions): void {
  const read = (request: FastifyRequest, kind: Kind) => details.get(recordRef(request, kind));
  const tags = ["records"];
  fastify.get(
    ROUTES.detail.video,
    { schema: { tags, summary: "A video's record", response: { 200: videoDetail } } },
    async (request) => {
      return videoDetailOf(await read(request, "video"), playbackFor(request, playback));
    },
  );
  fastify.get(
    ROUTES.detail.job,
    { schema: { tags, summary: "A job's record", response: { 200: jobDetail } } },
    async (request) => {
      return jobDetailOf(await read(request, "job"), shown);
    },
  );
}
