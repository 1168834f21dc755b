import type { JobRef } from "@statusplane/core";
import { idMember } from "@statusplane/core/wire";
import { z } from "zod";
import type { JobUrls } from "../job-urls.ts";

/** The answer of a submit or a retry: PENDING of an attempt. */
export function waitingAnswer(ref: JobRef, attempt: number, urls: JobUrls) {
  return {
    ...idMember(ref),
    status: "PENDING" as const,
    attempt,
    version: 0,
    progress_url: urls.progress(ref),
    detail_url: urls.detail(ref),
  };
}

const waitingMembers = {
  status: z.literal("PENDING"),
  attempt: z.int(),
  version: z.literal(0),
  progress_url: z.string(),
  detail_url: z.string(),
};
const videoId = { id: z.union([z.string(), z.int()]) };
const jobId = { job_id: z.string() };

/** Schemas of the answers above. */
export const waitingVideo = z.object({ ...videoId, ...waitingMembers });
export const waitingJob = z.object({ ...jobId, ...waitingMembers });
const watchToken = { watch_token: z.string().describe("reads this job's progress for 15 minutes") };
export const submittedVideo = waitingVideo.extend(watchToken);
export const submittedJob = waitingJob.extend(watchToken);
