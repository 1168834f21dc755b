import type { JobRef } from "./job-ref.ts";
import { viewerName, type ViewRef } from "./views/view-ref.ts";

/** The Redis keys and channels of one job, all in one slot in Cluster. */
export interface JobKeys {
  /** string: the snapshot's text. */
  readonly status: string;
  /** hash: the progress fields and the cancel flag; only while live. */
  readonly progress: string;
  /** string: a result too large to travel with each poll. */
  readonly result: string;
  /** channel: the snapshot's text, at each accepted write. */
  readonly events: string;
  /** channel: the attempt whose worker is asked to stop. */
  readonly control: string;
}

/**
 * Builds every key of a tenant's data: `tenant:{tenant}:{kind}:{id}:…`. In Redis Cluster the id is written as
 * a hash tag (`video:{42}`), so that all keys of a job share one slot. This is the only place that builds keys.
 */
export function jobKeys(ref: JobRef, cluster = false): JobKeys {
  const base = `tenant:${ref.tenant}:${ref.kind}:${cluster ? `{${ref.id}}` : ref.id}`;
  return {
    status: `${base}:status`,
    progress: `${base}:progress`,
    result: `${base}:result`,
    events: `${base}:events`,
    control: `${base}:control`,
  };
}

/** The `:status` key alone: what the poll path needs. */
export function statusKey(ref: JobRef, cluster = false): string {
  return cluster
    ? `tenant:${ref.tenant}:${ref.kind}:{${ref.id}}:status`
    : `tenant:${ref.tenant}:${ref.kind}:${ref.id}:status`;
}

/** A tenant's two lists and their channel, all in one slot in Cluster. Both are hints: no snapshot waits for them. */
export interface TenantKeys {
  /** sorted set: live jobs, each as `keyInTenant` writes it, by the time of their announcement, in ms. */
  readonly active: string;
  /** sorted set: what ended lately, written alike, by the time of its end, in ms. */
  readonly ended: string;
  /** channel: `1` whenever one of the two has changed. */
  readonly lists: string;
}

/** In Redis Cluster the tenant is written as a hash tag (`tenant:{7}:active`). */
export function tenantKeys(tenant: string, cluster = false): TenantKeys {
  const base = tenantBase(tenant, cluster);
  return { active: `${base}:active`, ended: `${base}:ended`, lists: `${base}:lists` };
}

/** A view's keys and those of its tenant that it touches; in Cluster all of a tenant's views share its slot. */
export interface ViewKeys {
  /** hash: position, session, version and what else one view is. */
  readonly view: string;
  /** bitmap: its watched seconds. */
  readonly watched: string;
  /** hash: the viewer's credit and players, over all videos. */
  readonly clock: string;
  /** sorted set: viewers of the video by their last report, ms. */
  readonly viewers: string;
  /** channel: the viewer's name, at each report; after a colon where the view was erased. */
  readonly events: string;
}

/** In Redis Cluster the tenant is written as a hash tag, as of {@link tenantKeys}. */
export function viewKeys({ tenant, video, viewer }: ViewRef, cluster = false): ViewKeys {
  const base = tenantBase(tenant, cluster);
  const name = viewerName(viewer);
  const view = `${base}:view:${video}:${name}`;
  return {
    view,
    watched: `${view}:watched`,
    clock: viewerKey(tenant, viewer, cluster),
    ...videoViewKeys(tenant, video, cluster),
  };
}

/** hash: a viewer's credit, players and generation of grants, over all videos; in the slot of the tenant's views. */
export function viewerKey(tenant: string, viewer: string, cluster = false): string {
  return `${tenantBase(tenant, cluster)}:viewer:${viewerName(viewer)}`;
}

/** Of one video: whose views there are, and where they are told. */
export function videoViewKeys(
  tenant: string,
  video: string,
  cluster = false,
): Pick<ViewKeys, "viewers" | "events"> {
  const base = tenantBase(tenant, cluster);
  return { viewers: `${base}:views:of:${video}`, events: `${base}:views:events:${video}` };
}

/** Of all views of a tenant. */
export interface TenantViewKeys {
  /** sorted set: `video:viewer` that have changed since their last flush, by since when, ms. */
  readonly dirty: string;
  /** hash: policies by video, the tenant's own as `*`. */
  readonly policies: string;
}

/** In the slot of the tenant's views. */
export function tenantViewKeys(tenant: string, cluster = false): TenantViewKeys {
  const base = tenantBase(tenant, cluster);
  return { dirty: `${base}:views:dirty`, policies: `${base}:views:policy` };
}

function tenantBase(tenant: string, cluster: boolean): string {
  return `tenant:${cluster ? `{${tenant}}` : tenant}`;
}

/** The product's own keys and channels; they hold no tenant's data. */
export const OWN_KEYS = {
  /** string: the reconciler's last tick; one per master, `slot` being a hash tag that lands on it. */
  sentinel: (slot: string): string => `statusplane:sentinel:${slot}`,
  /** string: the active reconciler's beat. */
  reconciler: "statusplane:reconciler",
  /** channel: somebody left an outbox entry undone. */
  wake: "statusplane:wake",
  /** string, 60 s: why no worker can run this job type now. */
  unready: (jobType: string): string => `statusplane:unready:${jobType}`,
  /** sorted set: tenants whose views have been reported, by when, ms. */
  viewTenants: "statusplane:views:tenants",
  /** Prefix of everything BullMQ keeps. */
  queuePrefix: "statusplane:queue",
} as const;
