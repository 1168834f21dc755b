import type { AudienceBody, PolicyBody } from "@statusplane/client/views";

/** A policy as its form's fields have it: texts, as people type them. */
export interface PolicyFields {
  readonly attendedPercent: string;
  readonly maxSpeed: string;
  readonly seekAhead: boolean;
  /** `YYYY-MM-DDTHH:MM` in the browser's own time; empty: none. */
  readonly deadline: string;
  readonly isClosed: boolean;
  readonly places: string;
  readonly audience: AudienceBody["kind"];
  /** Separated by commas. */
  readonly names: string;
}

export function fieldsOf(policy: PolicyBody): PolicyFields {
  const { audience } = policy;
  const names =
    audience.kind === "groups" ? audience.groups : audience.kind === "viewers" ? audience.viewers : [];
  return {
    attendedPercent: String(policy.attended_percent),
    maxSpeed: String(policy.max_speed),
    seekAhead: policy.seek_ahead,
    deadline: policy.deadline === null ? "" : localText(new Date(policy.deadline)),
    isClosed: policy.after_deadline === "closed",
    places: String(policy.places),
    audience: audience.kind,
    names: names.join(", "),
  };
}

/** What is wrong with it, the server says. */
export function policyOf(fields: PolicyFields): PolicyBody {
  return {
    attended_percent: Number(fields.attendedPercent),
    max_speed: Number(fields.maxSpeed),
    seek_ahead: fields.seekAhead,
    deadline: fields.deadline === "" ? null : new Date(fields.deadline).toISOString(),
    after_deadline: fields.isClosed ? "closed" : "play",
    places: Number(fields.places),
    audience: audienceOf(fields),
  };
}

function audienceOf({ audience, names }: PolicyFields): AudienceBody {
  const list = names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (audience === "groups") return { kind: audience, groups: list };
  return audience === "viewers" ? { kind: audience, viewers: list } : { kind: "all" };
}

function localText(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
