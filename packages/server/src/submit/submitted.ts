import type { JobRef } from "@statusplane/core";
import { idMember } from "@statusplane/core/wire";
import { z } from "zod";

/** The detail's address of a job: also the `Location` of its submit. */
export function detailUrl({ kind, id }: JobRef): string {
  return kind === "video" ? `/media/videos/${id}/` : `/api/v1/jobs/${id}/`;
}

/** The progress endpoint's address of a job. */
export function progressUrl(ref: JobRef): string {
  return `${detailUrl(ref)}progress/`;
}

/** The answer of a submit or a retry: PENDING of an attempt. */
export function waitingAnswer(ref: JobRef, attempt: number) {
  return {
    ...idMember(ref),
    status: "PENDING" as const,
    attempt,
    version: 0,
    progress_url: progressUrl(ref),
    detail_url: detailUrl(ref),
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
