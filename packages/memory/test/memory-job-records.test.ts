import { refKey, systemClock } from "@statusplane/core";
import { describeJobRecords } from "@statusplane/core/testing/job-records";
import { memoryJobRecords } from "@statusplane/memory/testing";

describeJobRecords("memory", async () => {
  const { worker, requests, reconciler, rows, lease } = memoryJobRecords({ clock: systemClock });
  return {
    worker,
    requests,
    reconciler,
    async entryOf(ref) {
      const entry = rows.outbox.get(refKey(ref));
      if (entry === undefined) return null;
      const { generation, dueAtMs, applied } = entry;
      return { generation: String(generation), dueInMs: dueAtMs - systemClock.nowMs(), applied };
    },
    checkpointOf: async (ref) => rows.rows.get(refKey(ref))?.checkpoint ?? null,
    hangingOn: async (ref) => {
      const keys = [...rows.keys.values()].filter((used) => refKey(used.ref) === refKey(ref));
      return keys.length + (rows.attempts.get(refKey(ref))?.length ?? 0);
    },
    async letPass(ref, what, byMs = 1_000) {
      const row = rows.rows.get(refKey(ref));
      const entry = rows.outbox.get(refKey(ref));
      const agoMs = systemClock.nowMs() - byMs;
      if (what === "entry" && entry !== undefined) entry.dueAtMs = agoMs;
      else if (row === undefined || what === "entry") throw new Error(`nothing to let pass: ${what}`);
      else if (what === "lease") row.leaseUntilMs = agoMs;
      else if (what === "backoff") row.runAtMs = agoMs;
      else row.finishedAtMs = systemClock.unixMs() - byMs;
    },
    statements: () => rows.statements,
    async quiet() {
      rows.outbox.clear();
      lease.leader = null;
      for (const row of rows.rows.values()) {
        if (row.status === "PROCESSING") row.leaseUntilMs = systemClock.nowMs() + 3_600_000;
      }
    },
    clear: async () => rows.rows.clear(),
    close: async () => undefined,
  };
});
