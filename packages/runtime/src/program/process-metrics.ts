import type { Database } from "@statusplane/postgres";
import type { ReconcilerHandle, StatusWorker } from "@statusplane/worker";
import type { DiskHealth } from "./disk-health.ts";
import { askedGauges } from "@statusplane/server";
import { collectDefaultMetrics, type Registry } from "prom-client";

/** What runs in this process; a part that this role does not have, or not yet, is absent. */
export interface RunningParts {
  reconciler?: ReconcilerHandle;
  worker?: StatusWorker;
}

export interface ProcessMetricsOptions {
  readonly registry: Registry;
  readonly running: RunningParts;
  /** Null in a process without files. */
  readonly disk: Pick<DiskHealth, "free"> | null;
}

/** Registers what worker, reconciler, disk and connection pool count, and Node's own figures. Asked only when `/metrics` is. */
export function registerProcessMetrics(
  { registry, running, disk }: ProcessMetricsOptions,
  database: Database | null,
): void {
  collectDefaultMetrics({ register: registry });
  const gauge = askedGauges(registry);
  if (disk !== null) {
    gauge("disk_free_bytes", "Room for files, as last looked at", ["of"], (each) => {
      for (const [what, bytes] of disk.free) each.labels(what).set(bytes);
    });
  }
  if (database === null) return;
  gauge("database_connections", "Connections of this process", ["state"], (each) => {
    for (const [state, count] of Object.entries(database.connections())) each.labels(state).set(count);
  });
  gauge("reconciler_leading", "1 while this process repairs", [], (each) => {
    each.set(running.reconciler?.status().leading === true ? 1 : 0);
  });
  gauge("reconciler_total", "What the reconciler did", ["what"], (each) => {
    const status = running.reconciler?.status();
    each.labels("applied").set(status?.applied ?? 0);
    each.labels("failed").set(status?.failedApplications ?? 0);
    each.labels("stalled_jobs_ended").set(status?.swept ?? 0);
    each.labels("losses_seen").set(status?.lossesSeen ?? 0);
  });
  gauge("view_rows_written_total", "Views written to their rows", [], (each) => {
    each.set(running.reconciler?.status().views?.written ?? 0);
  });
  gauge("views_unwritten", "Views that the last flush left for the next", [], (each) => {
    each.set(running.reconciler?.status().views?.left ?? 0);
  });
  gauge("oldest_unwritten_view_seconds", "Age of the oldest change that the last flush left", [], (each) => {
    each.set((running.reconciler?.status().views?.oldestDirtyMs ?? 0) / 1_000);
  });
  gauge("jobs_running", "Jobs whose code runs in this process", [], (each) => {
    each.set(running.worker?.status().running ?? 0);
  });
  gauge("job_ends_unwritten", "Committed ends that wait for the status store", [], (each) => {
    each.set(running.worker?.status().keptEnds ?? 0);
  });
  gauge("jobs_total", "What this worker did", ["what"], (each) => {
    const counts = running.worker?.status().counts;
    if (counts === undefined) return;
    for (const what of ["claimed", "failedTries", "handedBack", "lost", "duplicateDeliveries"] as const) {
      each.labels(what.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).set(counts[what]);
    }
    for (const [status, count] of Object.entries(counts.ended)) each.labels(status.toLowerCase()).set(count);
  });
}
