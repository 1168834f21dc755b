import { asMembers } from "../wire/members.ts";
import { DEFAULT_POLICY, type AudienceBody, type PolicyBody } from "../wire/views.ts";

/** A policy as it is kept: of a tenant, or of one of its videos. */
export interface KeptPolicy {
  /** Null: there is none any more, and what stands above holds. */
  readonly policy: PolicyBody | null;
  /** Rises with every change in the whole installation. */
  readonly revision: number;
}

/** The policies that are set in a tenant. */
export interface TenantPolicies {
  readonly tenant: KeptPolicy | null;
  readonly videos: ReadonlyMap<string, KeptPolicy>;
}

/** What holds for a video. */
export interface HoldingPolicy {
  readonly policy: PolicyBody;
  /** 0: nobody has set it. */
  readonly revision: number;
  /** Whether the video has none of its own. */
  readonly inherited: boolean;
}

/** The video's own policy, else the tenant's, else the default. */
export function holdingPolicy(
  video: KeptPolicy | null | undefined,
  tenant: KeptPolicy | null | undefined,
): HoldingPolicy {
  const own = video?.policy ?? null;
  if (own !== null) return { policy: own, revision: video?.revision ?? 0, inherited: false };
  const revision = Math.max(video?.revision ?? 0, tenant?.revision ?? 0);
  return { policy: tenant?.policy ?? DEFAULT_POLICY, revision, inherited: true };
}

/** Watched seconds that are enough to attend; at least 1, for nobody attends what has no length. */
export function neededSeconds(lengthSeconds: number, attendedPercent: number): number {
  return Math.max(1, Math.ceil((lengthSeconds * attendedPercent) / 100));
}

/** A policy that was written by us; null for what is none. Members that a later version has left out take their defaults. */
export function readPolicy(value: unknown): PolicyBody | null {
  if (typeof value !== "object" || value === null) return null;
  const members = asMembers(value);
  const numberOf = (name: "attended_percent" | "max_speed" | "places"): number => {
    const given = members[name];
    return typeof given === "number" ? given : DEFAULT_POLICY[name];
  };
  return {
    attended_percent: numberOf("attended_percent"),
    max_speed: numberOf("max_speed"),
    seek_ahead: members["seek_ahead"] !== false,
    deadline: typeof members["deadline"] === "string" ? members["deadline"] : null,
    after_deadline: members["after_deadline"] === "closed" ? "closed" : "play",
    places: numberOf("places"),
    audience: readAudience(members["audience"]),
  };
}

function readAudience(value: unknown): AudienceBody {
  const { kind, groups, viewers } = asMembers(value);
  if (kind === "groups") return { kind, groups: textsOf(groups) };
  if (kind === "viewers") return { kind, viewers: textsOf(viewers) };
  return { kind: "all" };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
