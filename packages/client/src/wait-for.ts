import type { Sender } from "./sender.ts";
import type { StatusplaneWatcher, WaitOptions } from "./statusplane-client.ts";
import { isEnded, type WatchedJob, type WatchRef } from "./watched-job.ts";

/**
 * Ends with the job's terminal snapshot.
 * @throws {ClientError} `gone`, `wait_timeout`, `client_closed`; the signal's reason as it is.
 */
export function waitFor(
  watcher: Pick<StatusplaneWatcher, "watch" | "environment">,
  sender: Sender,
  { ref, timeoutMs, signal }: WaitOptions & { readonly ref: WatchRef },
): Promise<WatchedJob> {
  return new Promise((resolve, reject) => {
    const ends: (() => void)[] = [];
    const settle = (conclude: () => void): void => {
      for (const end of ends.splice(0)) end();
      conclude();
    };
    const abort = (): void => settle(() => reject(signal?.reason));
    if (signal?.aborted === true) return abort();
    ends.push(
      watcher.watch(ref, (job) => {
        if (isEnded(job)) settle(() => (job.gone ? reject(sender.failure("gone")) : resolve(job)));
      }),
      sender.onClose(() => settle(() => reject(sender.failure("client_closed")))),
    );
    if (timeoutMs !== undefined) {
      const expire = (): void => settle(() => reject(sender.failure("wait_timeout")));
      ends.push(watcher.environment.setTimer(expire, timeoutMs));
    }
    signal?.addEventListener("abort", abort);
    ends.push(() => signal?.removeEventListener("abort", abort));
  });
}
