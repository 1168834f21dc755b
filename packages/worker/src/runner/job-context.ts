import { encodeJson, utf8Bytes, type Json } from "@statusplane/core";
import { join } from "node:path";
import { attemptFields } from "../attempt-lines.ts";
import type { JobContext } from "../define-job.ts";
import type { Log } from "../log.ts";
import type { RunningJob } from "./running-job.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** A partial result travels with every snapshot, a checkpoint with every renewal of the lease. */
const SMALL_VALUE_MAX_BYTES = 4_096;

/** What the code of one attempt is given. */
export async function makeJobContext(
  job: RunningJob,
  { files, log, clock }: WorkerParts,
): Promise<JobContext> {
  const { ref, attempt, meter, reporter, record } = job;
  const ownLog = withJob(log, job);
  let outputFolder: Promise<string> | undefined;
  const folder = (): Promise<string> => (outputFolder ??= files.makeOutputFolder(ref, attempt));
  return {
    ref,
    tenant: ref.tenant,
    attempt,
    createdBy: record.createdBy,
    title: record.title,
    payload: record.payload,
    resumeFrom: job.resumeFrom,
    inputPath: await files.inputPath(ref),
    signal: job.signal,
    log: ownLog,
    outputFolder: folder,
    async output(name) {
      job.declare(name);
      return join(await folder(), name);
    },
    step(key) {
      if (meter.step(key, clock.nowMs())) reporter.changed(true);
      else ownLog.warn({ step: key }, "no such step in this job's definition; not reported");
    },
    progress(percent) {
      meter.progress(percent, clock.nowMs());
      reporter.changed(false);
    },
    partial: (value) => job.showPartial(smallCopy("a partial result", value)),
    checkpoint: (value) => job.giveCheckpoint(smallCopy("a checkpoint", value)),
    kept: (value) => job.keep(copyOf(value)),
  };
}

/** What the job changes later counts when it says so. @throws {TypeError} when it is not JSON. */
function copyOf(value: Json): Json {
  return JSON.parse(encodeJson(value)) as Json;
}

/** @throws {TypeError} when it is not JSON or larger than 4 KiB. */
function smallCopy(what: string, value: Json): Json {
  const bytes = utf8Bytes(encodeJson(value));
  if (bytes <= SMALL_VALUE_MAX_BYTES) return copyOf(value);
  throw new TypeError(`${what} may have ${SMALL_VALUE_MAX_BYTES} bytes as JSON, not ${bytes}`);
}

function withJob(log: Log, { record }: RunningJob): Log {
  const job = attemptFields(record);
  return {
    debug: (fields, message) => log.debug?.({ ...job, ...fields }, message),
    info: (fields, message) => log.info({ ...job, ...fields }, message),
    warn: (fields, message) => log.warn({ ...job, ...fields }, message),
    error: (fields, message) => log.error({ ...job, ...fields }, message),
  };
}
