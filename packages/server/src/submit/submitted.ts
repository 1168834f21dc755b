import type { JobRef } from "@statusplane/core";
import { idMember, type IdBody, type SubmittedBody, type WaitingBody } from "@statusplane/core/wire";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";
import type { JobUrls } from "../job-urls.ts";

/** What names a job in an answer. */
export const idSchemas = {
  video: { id: z.union([z.string(), z.int()]) },
  job: { job_id: z.string() },
} as const;

/** The answer of a submit or a retry: PENDING of an attempt. */
export function waitingAnswer(ref: JobRef, attempt: number, urls: JobUrls): IdBody & WaitingBody {
  return {
    ...idMember(ref),
    status: "PENDING",
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
const submittedMembers = {
  ...waitingMembers,
  watch_token: z.string().describe("reads this job's progress for 15 minutes"),
};

/** Schemas of the answers above. */
export const waitingVideo = schemaOf<IdBody<"video"> & WaitingBody>()(
  z.object({ ...idSchemas.video, ...waitingMembers }),
);
export const waitingJob = schemaOf<IdBody<"job"> & WaitingBody>()(
  z.object({ ...idSchemas.job, ...waitingMembers }),
);
export const submittedVideo = schemaOf<IdBody<"video"> & SubmittedBody>()(
  z.object({ ...idSchemas.video, ...submittedMembers }),
);
export const submittedJob = schemaOf<IdBody<"job"> & SubmittedBody>()(
  z.object({ ...idSchemas.job, ...submittedMembers }),
);
