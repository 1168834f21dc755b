import { DetailAsker } from "./detail-asker.ts";
import { DetailSource } from "./detail-source.ts";
import type { DetailOption, JobWatcher } from "./statusplane-client.ts";
import type { WatchedJob } from "./watched-job.ts";
import { partsOf } from "./watcher-parts.ts";

/**
 * Asks the record of a job that the status store does not know, at most once per job, attempt and tab: one that ended
 * long ago is then shown as it ended. Without this such a job is `gone` after 30 s.
 *
 * @param onEndedRecord is told a record that has ended: whoever wants it later has it without another request.
 */
export function askRecords(
  watcher: JobWatcher,
  detail?: DetailOption,
  onEndedRecord: (job: WatchedJob, record: unknown) => void = () => {},
): DetailSource {
  const parts = partsOf(watcher);
  const { table, sender } = parts;
  const source = new DetailSource(sender, detail);
  parts.asker = new DetailAsker({ table, sender, source, onEndedRecord });
  return source;
}
