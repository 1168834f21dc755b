import type { AcceptedJobType } from "@statusplane/server";
import type { JobDefinition } from "@statusplane/worker";
import type { FfmpegSource } from "../ffmpeg/index.ts";
import { excelImportJob, looksLikeWorkbook, type ImportDatabase } from "./excel-import/index.ts";
import { looksLikeVideo, videoHlsJob } from "./video-hls/index.ts";

export interface JobDependencies {
  readonly ffmpeg: FfmpegSource;
  readonly database: ImportDatabase;
}

/** A job type of an installation: what its submit takes, and its definition, which is all else. */
export interface CatalogueEntry extends Pick<AcceptedJobType, "input" | "looksRight"> {
  /** As its definition has it: for processes that hold no definitions. */
  readonly type: string;
  readonly define: (dependencies: JobDependencies) => JobDefinition;
}

/** Every job type of an installation. */
export type JobCatalogue = readonly CatalogueEntry[];

/** The academy's. A new job type is one entry. */
export const ACADEMY_JOBS: JobCatalogue = [
  {
    type: "video_hls",
    input: "file",
    looksRight: looksLikeVideo,
    define: ({ ffmpeg }) => videoHlsJob({ ffmpeg }),
  },
  {
    type: "excel_import",
    input: "file",
    looksRight: looksLikeWorkbook,
    define: ({ database }) => excelImportJob({ database }),
  },
];

/** A job type for api and worker alike: the same definition says what is accepted and what is run. */
export type DefinedJobType = AcceptedJobType & JobDefinition;

/**
 * A catalogue's job types, with their definitions.
 * @throws {TypeError} for an entry whose definition has another type.
 */
export function defineJobTypes(jobs: JobCatalogue, dependencies: JobDependencies): readonly DefinedJobType[] {
  return jobs.map(({ type, define, ...accepts }) => {
    const definition = define(dependencies);
    if (definition.type !== type) throw new TypeError(`the entry ${type} defines ${definition.type}`);
    return { ...definition, ...accepts };
  });
}

/** The names of a catalogue's job types. */
export function jobTypeNames(jobs: JobCatalogue): readonly string[] {
  return jobs.map(({ type }) => type);
}
