import { activePath, readBatch } from "@statusplane/core/wire";
import { ActiveJobs, type ActiveList } from "./active-jobs.ts";
import { readDateMs } from "./answer-headers.ts";
import type { ActiveAnswer, JobWatcher } from "./statusplane-client.ts";
import { partsOf } from "./watcher-parts.ts";

/** A watcher's live list: made when it is first spoken of. */
export function activeOf(watcher: JobWatcher): ActiveJobs {
  const parts = partsOf(watcher);
  parts.active ??= new ActiveJobs(parts.table, parts.sender, () => parts.delivering.settle());
  return parts.active;
}

/** Wants the tenant's live list, as it changes, until the answer is called; counted. */
export function watchActive(watcher: JobWatcher): () => void {
  return activeOf(watcher).watch();
}

/** The live list while somebody wants it; the same object while nothing changed. */
export function getActive(watcher: JobWatcher): ActiveList {
  return activeOf(watcher).state;
}

/** Asks the list of live jobs (status store only), and takes their snapshots. @throws {ClientError} */
export async function loadActive(watcher: JobWatcher): Promise<ActiveAnswer> {
  const active = activeOf(watcher);
  const { sender, delivering } = partsOf(watcher);
  const { body, serverNowMs } = await sender.send(activePath(), { cache: "no-store" }, async (response) => ({
    body: await sender.bodyOf(response),
    serverNowMs: readDateMs(response.headers),
  }));
  const { jobs, bodyOf } = sender.checked(body, readBatch);
  const list = sender.checked(body, (told) => active.read(told));
  delivering.take([{ snapshots: jobs.map((ref) => [ref, bodyOf(ref)]), list, serverNowMs }]);
  return { refs: list.live, more: list.more, waiting: active.waiting };
}
