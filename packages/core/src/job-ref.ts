import { StatusplaneError } from "./statusplane-error.ts";
import { isKind, type Kind } from "./terms.ts";

declare const checked: unique symbol;

/**
 * The identity of a job. Made only by {@link jobRef}, which checks both ids, so whatever takes a `JobRef`
 * may build keys, paths and channels from it.
 */
export interface JobRef {
  readonly tenant: string;
  readonly kind: Kind;
  readonly id: string;
  readonly [checked]: true;
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a tenant's or job's id is of the alphabet `[A-Za-z0-9_-]{1,64}`. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

/** @throws {invalid_id} when tenant or id is not of the alphabet, or the kind is unknown. */
export function jobRef(tenant: string, kind: Kind, id: string): JobRef {
  if (!isId(tenant)) throw new StatusplaneError("invalid_id", { detail: "tenant id" });
  if (!isId(id)) throw new StatusplaneError("invalid_id", { detail: "job id" });
  if (!isKind(kind)) throw new StatusplaneError("invalid_id", { detail: "kind" });
  return { tenant, kind, id } as JobRef;
}

/** One string per job, unique across tenants and kinds: ids have no dot. Used for maps and as queue id. */
export function refKey(ref: JobRef): string {
  return `${ref.tenant}.${ref.kind}.${ref.id}`;
}

/** The inverse of {@link refKey}; null for anything else. */
export function parseRefKey(key: string): JobRef | null {
  const [tenant, kind, id, rest] = key.split(".");
  if (rest !== undefined || !isId(tenant) || !isId(id) || !isKind(kind)) return null;
  return jobRef(tenant, kind, id);
}

/** `kind:id`, one string per job of a tenant: on its active list, in a watch token, in a client's map. */
export function keyInTenant({ kind, id }: Pick<JobRef, "kind" | "id">): string {
  return `${kind}:${id}`;
}

/** The inverse of {@link keyInTenant}; null for anything else. */
export function parseKeyInTenant(key: string): Pick<JobRef, "kind" | "id"> | null {
  const colon = key.indexOf(":");
  const kind = key.slice(0, colon);
  return isKind(kind) ? { kind, id: key.slice(colon + 1) } : null;
}
