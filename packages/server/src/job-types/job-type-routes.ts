import type { JobType } from "@statusplane/core";
import { type JobTypeBody, type JobTypesBody, ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";

/** They change with a deploy only. */
const CACHED_SECONDS = 300;

const wordsOf = z.object({ ko: z.string(), en: z.string() });
const jobType = schemaOf<JobTypeBody>()(
  z.object({
    job_type: z.string(),
    kind: z.enum(["video", "job"]),
    input: z.enum(["file", "none", "optional"]).describe("whether a file belongs to it"),
    label: wordsOf.describe("what people call it"),
    steps: z.array(z.object({ key: z.string(), label: wordsOf })).describe("in order"),
    max_tries: z.number().int(),
    errors: z
      .array(
        z.object({
          code: z.string(),
          retryable: z.boolean().describe("whether another try may succeed"),
          ko: z.string(),
          en: z.string(),
        }),
      )
      .describe("its own ends, beside those of every job type"),
  }),
);

const answer = schemaOf<JobTypesBody>()(z.object({ job_types: z.array(jobType) }));

/** `GET /api/v1/job-types/`. */
export function jobTypeRoutes(fastify: FastifyInstance, jobTypes: readonly JobType[]): void {
  const body = {
    job_types: jobTypes.map(({ type, kind, input, label, steps, maxTries, errors }) => ({
      ...{ job_type: type, kind, input, label, max_tries: maxTries },
      steps: steps.map(({ key, label: words }) => ({ key, label: words })),
      errors: errors.map(({ code, retryable, ko, en }) => ({ code, retryable, ko, en })),
    })),
  };
  fastify.withTypeProvider<ZodTypeProvider>().get(
    ROUTES.jobTypes,
    {
      schema: {
        tags: ["jobs"],
        summary: "The job types, what people call them and their steps, and how each may end",
        response: { 200: answer },
      },
    },
    async (_request, reply) => {
      reply.header("cache-control", `private, max-age=${CACHED_SECONDS}`);
      return body;
    },
  );
}
