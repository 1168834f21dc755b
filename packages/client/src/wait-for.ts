import type { JobWatcher, WaitOptions } from "./statusplane-client.ts";
import { isEnded, type WatchedJob, type WatchRef } from "./watched-job.ts";
import { partsOf } from "./watcher-parts.ts";

/**
 * Ends with the job's terminal snapshot.
 * @throws {ClientError} `gone`, `wait_timeout`, `client_closed`; the signal's reason as it is.
 *
 * @example
 * const job = await waitFor(watcher, { kind: "job", id: "import-1" }, { timeoutMs: 600_000 });
 */
export function waitFor(
  watcher: JobWatcher,
  ref: WatchRef,
  { timeoutMs, signal }: WaitOptions = {},
): Promise<WatchedJob> {
  const { sender } = partsOf(watcher);
  const ends: (() => void)[] = [];
  return new Promise<WatchedJob>((resolve, reject) => {
    const abort = (): void => reject(signal?.reason);
    if (signal?.aborted === true) return abort();
    ends.push(
      watcher.watch(ref, (job) => {
        if (job.gone) reject(sender.failure("gone"));
        else if (isEnded(job)) resolve(job);
      }),
      sender.onClose(() => reject(sender.failure("client_closed"))),
    );
    if (timeoutMs !== undefined) {
      ends.push(watcher.environment.setTimer(() => reject(sender.failure("wait_timeout")), timeoutMs));
    }
    signal?.addEventListener("abort", abort);
    ends.push(() => signal?.removeEventListener("abort", abort));
  }).finally(() => {
    for (const end of ends) end();
  });
}
