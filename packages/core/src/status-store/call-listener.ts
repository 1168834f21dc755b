import type { StatusStoreLog } from "./status-store-options.ts";

/** Calls a listener of somebody else: what it throws is said in the log and goes no further. */
export function callListener(log: StatusStoreLog, call: () => void): void {
  try {
    call();
  } catch (error) {
    log.warn({ err: error }, "a listener threw");
  }
}
