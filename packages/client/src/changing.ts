import { cancelPath, retryPath } from "@statusplane/core/wire";
import { readBody } from "./reading.ts";
import { request } from "./requests.ts";
import type { JobWatcher } from "./statusplane-client.ts";
import type { WatchRef } from "./watched-job.ts";
import { partsOf } from "./watcher-parts.ts";

/** @throws {ClientError} `no_record` of a job that is known to be another program's. */
export function needRecord(watcher: JobWatcher, ref: WatchRef): void {
  if (watcher.get(ref)?.hasRecord === false) throw partsOf(watcher).sender.failure("no_record");
}

/** Asks for the job's end and polls at once. @throws {ClientError} `already_finished`, `no_record` */
export async function cancelJob(watcher: JobWatcher, ref: WatchRef): Promise<void> {
  needRecord(watcher, ref);
  const { sender, delivering } = partsOf(watcher);
  await request(sender, cancelPath(ref), { method: "POST" });
  delivering.poke();
}

/** Asks for a new attempt and polls at once. @throws {ClientError} `not_retryable`, `input_gone`, `no_record` */
export async function retryJob(watcher: JobWatcher, ref: WatchRef): Promise<void> {
  needRecord(watcher, ref);
  const { sender, table, delivering } = partsOf(watcher);
  const response = await request(sender, retryPath(ref), { method: "POST" });
  const body = sender.bodyOf(response).catch(() => null); // accepted all the same: without a body the poll tells
  const reading = readBody(ref, await body, sender.language);
  const atMs = sender.environment.now();
  if (reading.job.attempt > 0 && reading.job.unknownStatus !== "") {
    table.apply([[ref, { type: "found", reading, atMs }]]);
  }
  table.apply([[ref, { type: "reopened", atMs }]]);
  delivering.poke();
}
