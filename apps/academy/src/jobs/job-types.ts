import type { AcceptedJobType } from "@statusplane/server";
import type { JobDefinition } from "@statusplane/worker";
import type { FfmpegSource } from "../ffmpeg/index.ts";
import { excelImportJob, looksLikeWorkbook, type ImportDatabase } from "./excel-import/index.ts";
import { looksLikeVideo, videoHlsJob } from "./video-hls/index.ts";

/** What a submit of each job type takes. A new job type is one line here and one below. */
export const ACCEPTED_JOB_TYPES: readonly AcceptedJobType[] = [
  { type: "video_hls", kind: "video", input: "file", looksRight: looksLikeVideo },
  { type: "excel_import", kind: "job", input: "file", looksRight: looksLikeWorkbook },
];

/** Their names. */
export const JOB_TYPES: readonly string[] = ACCEPTED_JOB_TYPES.map(({ type }) => type);

export interface JobDependencies {
  readonly ffmpeg: FfmpegSource;
  readonly database: ImportDatabase;
}

/** The code that workers run. */
export function jobDefinitions({ ffmpeg, database }: JobDependencies): readonly JobDefinition[] {
  return [videoHlsJob({ ffmpeg }), excelImportJob({ database })];
}
