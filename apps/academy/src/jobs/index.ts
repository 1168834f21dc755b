import type { ApplicationContext } from "@statusplane/runtime";
import type { JobDefinition } from "@statusplane/worker";
import type { AcademyVariables } from "../academy-variables.ts";
import { chosenFfmpeg } from "../ffmpeg/index.ts";
import { sinkOf } from "../mail-sink/index.ts";
import { excelImportJob } from "./excel-import/index.ts";
import { aiReader, chosenAi, ocrJob } from "./ocr/index.ts";
import { messageSendJob, providersOf } from "./message-send/index.ts";
import { videoHlsJob } from "./video-hls/index.ts";

/** The academy's job types. A new one is one line. */
export function academyJobs(context: ApplicationContext<AcademyVariables>): readonly JobDefinition[] {
  const { values, database } = context;
  const ai = chosenAi(values);
  return [
    videoHlsJob(chosenFfmpeg(values)), //
    excelImportJob({ database }),
    ocrJob({ database, ai: ai === null ? null : aiReader(ai) }),
    messageSendJob({
      database,
      providers: providersOf(values, sinkOf(context)),
      backoffMs: values.MESSAGE_BACKOFF_SECONDS.map((seconds) => seconds * 1_000),
    }),
  ];
}
