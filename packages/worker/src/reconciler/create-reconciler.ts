import { DEFAULT_TIMINGS, systemClock, uuidV7 } from "@statusplane/core";
import { stderrLog } from "../log.ts";
import type { ReconcilerHandle, ReconcilerOptions } from "./reconciler-options.ts";
import { Reconciler } from "./reconciler.ts";

const RECOVER_WINDOW_SECONDS = 86_400;

/**
 * Makes the repair loop that has status store and queue say what Postgres knows. One is active per installation, any
 * process with a database may run it, and two at once are safe. At most 20 statements a minute while there is nothing
 * to repair: 12 ticks, 6 sweeps, one early tick, one reading of the outbox's age. It closes none of its ports.
 *
 * @example
 * const { writer, installation } = store;
 * const reconciler = createReconciler({ records: database.reconciler, writer, installation, queue, files });
 * await reconciler.start();
 */
export function createReconciler(options: ReconcilerOptions): ReconcilerHandle {
  return new Reconciler({
    owner: uuidV7(),
    timings: DEFAULT_TIMINGS,
    recoverWindowSeconds: RECOVER_WINDOW_SECONDS,
    sole: false,
    onSwept: () => undefined,
    onLoss: () => undefined,
    collect: async () => undefined,
    views: null,
    clock: systemClock,
    log: stderrLog,
    ...options,
  });
}
