import { hostsWithoutPassword, type StoreMemory } from "@statusplane/core";
import type { ServerSettings } from "@statusplane/postgres";
import { isLoopback } from "../config/config.ts";
import type { JobRisk } from "@statusplane/worker";
import type { Values } from "../config/variables.ts";

/** A setting of what we stand on that makes a fault cost more than it must. */
export type Risk = JobRisk;

/** Connections that Postgres should have left over for operators, migrations and other programs. */
const SPARE_CONNECTIONS = 10;

/** What the addresses alone tell: whoever reaches an open Redis reads and changes every tenant's data. */
export function addressRisks({
  REDIS_URL,
  REDIS_CLUSTER,
  QUEUE_URL,
  QUEUE_CLUSTER,
}: Values): readonly Risk[] {
  const openOn = (url: string | null, cluster: boolean): readonly string[] =>
    url === null ? [] : hostsWithoutPassword(url, cluster).filter((host) => !isLoopback(host));
  const problem = (name: string, hosts: readonly string[]): string =>
    `${name}: ${hosts.join(", ")} lets in everybody who can reach it; give it a password (ACL users) and put it into the URL`;
  const [store, queue] = [openOn(REDIS_URL, REDIS_CLUSTER), openOn(QUEUE_URL, QUEUE_CLUSTER)];
  return [
    ...(store.length === 0 ? [] : [{ code: "status_store_open", problem: problem("REDIS_URL", store) }]),
    ...(queue.length === 0 ? [] : [{ code: "queue_open", problem: problem("QUEUE_URL", queue) }]),
  ];
}

/** What the status store says of itself; a store in memory has no such settings. */
export function storeRisks({ policy, appendOnly }: StoreMemory): readonly Risk[] {
  if (policy === "memory") return [];
  const risks: Risk[] = [];
  if (policy.startsWith("volatile-")) {
    const problem = `REDIS_URL: its policy ${policy} evicts running jobs first, for they alone carry a TTL; use allkeys-lru`;
    risks.push({ code: "evicts_live_jobs", problem });
  }
  if (!appendOnly) {
    const problem =
      "REDIS_URL: it keeps no append-only file, so that a restart loses every snapshot; set appendonly yes, appendfsync everysec";
    risks.push({ code: "append_only_off", problem });
  }
  return risks;
}

/** What a Postgres server says of itself. @param poolMax connections of this process at most. */
export function databaseRisks(
  { synchronousCommit, maxConnections }: ServerSettings,
  poolMax: number,
): readonly Risk[] {
  const risks: Risk[] = [];
  if (synchronousCommit === "off") {
    const problem =
      "DATABASE_URL: synchronous_commit is off, so that a crash of Postgres loses submits and results that were acknowledged; set it on";
    risks.push({ code: "commits_may_be_lost", problem });
  }
  if (poolMax >= maxConnections - SPARE_CONNECTIONS) {
    const problem = `DATABASE_URL: it takes ${maxConnections} connections, and this process alone may want ${poolMax}; keep DB_POOL_MAX × processes below max_connections − ${SPARE_CONNECTIONS}`;
    risks.push({ code: "few_connections", problem });
  }
  return risks;
}
