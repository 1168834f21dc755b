import { defineJob } from "@statusplane/worker";

/** A job type that takes a file. */
export const COPY_JOB = defineJob({
  type: "copy",
  input: "file",
  steps: [],
  run: async () => ({ copied: true }),
});
