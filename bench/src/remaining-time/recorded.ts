import { openServerDatabase } from "@statusplane/postgres";
import { startPostgres, type Said } from "@statusplane/test-support";
import type { JobContext, JobDefinition } from "@statusplane/worker";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { findFfmpeg, openFfmpeg } from "../../../apps/academy/src/ffmpeg/index.ts";
import { videoHlsJob } from "../../../apps/academy/src/jobs/video-hls/index.ts";
import { MIGRATIONS } from "../../../apps/academy/src/migrations.ts";
import { builtJob, runImport } from "../built-import-job.ts";
import { writeWorkbook } from "../import.ts";
import { makeClip, runVideo } from "../video-job.ts";
import type { PlayedShape } from "./shapes.ts";

const CLIP_SECONDS = 45;
const ROWS = 400_000;

/** A whole video job over a clip that must be encoded. @throws {Error} when there is no ffmpeg. */
export async function recordVideo(folder: string): Promise<PlayedShape> {
  const ffmpeg = await findFfmpeg();
  if (ffmpeg === null) throw new Error("ffmpeg is missing");
  const inputPath = join(folder, "clip.mp4");
  await makeClip(ffmpeg, inputPath, CLIP_SECONDS);
  const outputs = join(folder, "video");
  await mkdir(outputs);
  const definition = videoHlsJob({ ffmpeg: openFfmpeg({}, async () => ffmpeg) });
  return record(`video of ${CLIP_SECONDS} s`, definition, (heard) =>
    runVideo({ ffmpeg, inputPath, folder: outputs, heard }),
  );
}

/** A whole import into a durable Postgres. */
export async function recordImport(folder: string): Promise<PlayedShape> {
  const postgres = await startPostgres({ durable: true });
  try {
    await using database = await openServerDatabase({
      url: await postgres.createDatabase(),
      migrations: MIGRATIONS,
    });
    const [path, outputFolder] = [join(folder, "students.xlsx"), join(folder, "import")];
    await writeWorkbook(path, ROWS);
    await mkdir(outputFolder);
    const definition = (await builtJob()).excelImportJob({ database });
    return await record(`import of ${ROWS} rows`, definition, (heard) =>
      runImport({ database, tenant: "bench", path, outputFolder, heard }),
    );
  } finally {
    await postgres.stop();
  }
}

async function record(
  name: string,
  { steps }: JobDefinition,
  run: (heard: Pick<JobContext, "step" | "progress">) => Promise<void>,
): Promise<PlayedShape> {
  const said: Said[] = [];
  const begun = performance.now();
  const atMs = (): number => performance.now() - begun;
  await run({
    step: (step) => said.push({ atMs: atMs(), step }),
    progress: (percent) => said.push({ atMs: atMs(), percent }),
  });
  const totalMs = atMs();
  return { name: `${name}, ${Math.round(totalMs / 1_000)} s`, steps, said, totalMs };
}
