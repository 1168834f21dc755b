import type { Json, StoreMemory } from "@statusplane/core";
import type { MetricSources, Readiness } from "@statusplane/server";
import type { Parts } from "./parts.ts";
import { QueueDepths } from "./queue-depths.ts";

/** Without a TTL on what is finished the TTL itself tells the classes apart, at no look at any key. */
function keysByClass(
  memory: StoreMemory | null,
  finishedTtlSeconds: number,
): Readonly<Record<string, number>> {
  if (memory === null) return {};
  const { keys, expiringKeys } = memory;
  return finishedTtlSeconds === 0
    ? { live: expiringKeys, finished: keys - expiringKeys }
    : { live_or_finished: keys };
}

function riskCodes({ risks, health, disk }: Pick<Parts, "risks" | "health" | "disk">): readonly string[] {
  return [...risks, ...health.risks, ...(disk?.risks ?? [])].map(({ code }) => code);
}

/** What `/metrics` shows of this process; asked only when `/metrics` is. */
export function metricSources({
  config,
  jobs,
  stores,
  counts,
  health,
  disk,
  risks,
  running,
  undo,
}: Parts): MetricSources {
  const common: MetricSources = {
    writes: () => counts.writes(),
    foreignReads: () => counts.foreignReads,
    lostHints: () => counts.lostHints,
    storeMemory: () => health.memory,
    risks: () => riskCodes({ risks, health, disk }),
    storeKeys: () => keysByClass(health.memory, config.values.FINISHED_TTL_SECONDS),
  };
  if (stores.durable === null) return common;
  const { database, queue } = stores.durable;
  const depths = new QueueDepths(
    queue,
    jobs.map(({ type }) => type),
  );
  undo.push("queue depths", async () => depths.stop());
  return {
    ...common,
    statements: () => ({ ...database.statements }),
    outbox: () => {
      const status = running.reconciler?.status();
      return status === undefined
        ? null
        : { entries: status.outboxEntries, oldestUnrepairedMs: status.oldestUnrepairedMs };
    },
    queueDepth: () => depths.read(),
  };
}

/** What `/readyz` answers, from what the process already knows: nobody is asked. */
export function readiness({ health, disk, risks, running, config, leaving }: Parts): Readiness {
  const checks: Record<string, Json> = {
    status_store: health.answers ? "ok" : "unreachable",
    eviction: health.eviction,
    append_only: health.memory?.appendOnly ?? null,
    risks: riskCodes({ risks, health, disk }),
    role: config.role,
  };
  const reconciler = running.reconciler?.status();
  if (reconciler !== undefined) checks["reconciler"] = reconciler.leading ? "leading" : "standby";
  for (const [jobType, reason] of running.worker?.status().unready ?? [])
    checks[`job_type_${jobType}`] = reason;
  if (leaving.aborted) checks["leaving"] = true;
  return { ready: health.answers && !leaving.aborted, checks };
}
