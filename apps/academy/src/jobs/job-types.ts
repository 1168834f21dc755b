import type { AcceptedJobType } from "@statusplane/server";
import type { JobDefinition } from "@statusplane/worker";
import type { FfmpegSource } from "../ffmpeg/index.ts";
import { excelImportJob, looksLikeWorkbook, type ImportDatabase } from "./excel-import/index.ts";
import { looksLikeVideo, videoHlsJob } from "./video-hls/index.ts";

export interface JobDependencies {
  readonly ffmpeg: FfmpegSource;
  readonly database: ImportDatabase;
}

/** Every job type of an installation: what its submit takes, and the code that workers run. */
export interface JobCatalogue {
  readonly accepted: readonly AcceptedJobType[];
  readonly definitions: (dependencies: JobDependencies) => readonly JobDefinition[];
}

/** The academy's. A new job type is one line in each of the two lists. */
export const ACADEMY_JOBS: JobCatalogue = {
  accepted: [
    { type: "video_hls", kind: "video", input: "file", looksRight: looksLikeVideo },
    { type: "excel_import", kind: "job", input: "file", looksRight: looksLikeWorkbook },
  ],
  definitions: ({ ffmpeg, database }) => [videoHlsJob({ ffmpeg }), excelImportJob({ database })],
};

/** The names of a catalogue's job types. */
export function jobTypeNames({ accepted }: JobCatalogue): readonly string[] {
  return accepted.map(({ type }) => type);
}
