import type { JobFiles } from "@statusplane/core";

/** For jobs that neither read nor write files. */
export const NO_FILES: JobFiles = {
  inputPath: () => Promise.resolve(null),
  makeOutputFolder: () => Promise.reject(new Error("these jobs have no outputs")),
  outputBytes: () => Promise.resolve(null),
  removeOutputs: () => Promise.resolve(),
  removeJob: () => Promise.resolve(),
  writeResultFile: () => Promise.reject(new Error("these jobs have no large results")),
};
