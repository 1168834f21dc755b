import type { ApplicationContext } from "@statusplane/runtime";
import type { JobDefinition } from "@statusplane/worker";
import { chosenFfmpeg, type FFMPEG_VARIABLES } from "../ffmpeg/index.ts";
import { excelImportJob } from "./excel-import/index.ts";
import { ocrJob } from "./ocr/index.ts";
import { videoHlsJob } from "./video-hls/index.ts";

/** The academy's job types. A new one is one line. */
export function academyJobs({
  values,
  database,
}: ApplicationContext<typeof FFMPEG_VARIABLES>): readonly JobDefinition[] {
  return [
    videoHlsJob(chosenFfmpeg(values)), //
    excelImportJob({ database }),
    ocrJob({ database }),
  ];
}
