import { asMembers, isMembers, numberOrNull, readEach, textOrNull, wholeOrNull } from "./members.ts";
import {
  DEFAULT_POLICY,
  LEFT_OUT_REASONS,
  REFUSAL_REASONS,
  REPORT_OUTCOMES,
  type AffectedBody,
  type DecisionBody,
  type AudienceBody,
  type LeftOutReason,
  type NextBody,
  type PolicyAnswerBody,
  type PolicyBody,
  type RefusalReason,
  type ReportOutcome,
  type SecondsRange,
  type ViewBody,
} from "./views.ts";

/* What a receiver makes of views: checked, null for what is no such answer. */

/** What one viewer has watched of a video; newer ones have a higher (session, version). */
export interface View {
  readonly videoId: string;
  readonly viewer: string;
  readonly session: number;
  readonly version: number;
  /** Where the player stood last; null: it was never played. */
  readonly positionSeconds: number | null;
  /** Of the video; null: not known. */
  readonly lengthSeconds: number | null;
  readonly watchedSeconds: number;
  /** 0–100. */
  readonly watchedPercent: number;
  /** In order; null: not told. */
  readonly seen: readonly SecondsRange[] | null;
  readonly isAttended: boolean;
  /** ISO 8601. */
  readonly attendedAt: string | null;
  /** Where to go on. */
  readonly nextSeconds: number;
  /** Still to be watched until it counts as attended. */
  readonly leftSeconds: number;
  readonly mayPlay: boolean;
  readonly reason: RefusalReason | null;
  /** ISO 8601. */
  readonly lastSeenAt: string | null;
  readonly policy: PolicyBody;
}

/** A view; null for what names no video and viewer. */
export function readView(body: unknown): View | null {
  const members = asMembers(body);
  const of = (name: keyof ViewBody): unknown => members[name];
  const [videoId, viewer] = [textOrNull(of("video")), textOrNull(of("viewer"))];
  if (videoId === null || viewer === null) return null;
  const next = asMembers(of("next"));
  const ofNext = (name: keyof NextBody): unknown => next[name];
  const seen = of("seen");
  const length = wholeOrNull(of("length")) ?? 0;
  return {
    ...{ videoId, viewer },
    session: wholeOrNull(of("session")) ?? 0,
    version: wholeOrNull(of("version")) ?? 0,
    positionSeconds: numberOrNull(of("position")),
    lengthSeconds: length === 0 ? null : length,
    watchedSeconds: wholeOrNull(of("watched_seconds")) ?? 0,
    watchedPercent: wholeOrNull(of("watched_percent")) ?? 0,
    seen: Array.isArray(seen) ? readEach(seen, readSecondsRange) : null,
    isAttended: of("attended") === true,
    attendedAt: textOrNull(of("attended_at")),
    nextSeconds: numberOrNull(ofNext("position")) ?? 0,
    leftSeconds: wholeOrNull(ofNext("left_seconds")) ?? 0,
    mayPlay: of("may_play") === true,
    reason: oneOf(REFUSAL_REASONS, of("reason")),
    lastSeenAt: textOrNull(of("last_seen_at")),
    policy: readPolicy(of("policy")),
  };
}

/** Whether the one view is told later than the other. */
export function isNewerView(
  one: Pick<View, "session" | "version">,
  other: Pick<View, "session" | "version">,
): boolean {
  return one.session === other.session ? one.version > other.version : one.session > other.session;
}

/** Views by their videos, or in a list; null for what holds none. */
export function readViews(body: unknown): readonly View[] | null {
  const { views } = asMembers(body);
  if (Array.isArray(views)) return readEach(views, readView);
  return isMembers(views) ? readEach(Object.values(views), readView) : null;
}

/** [from, to) in whole seconds; null for anything else. */
export function readSecondsRange(value: unknown): SecondsRange | null {
  const [from, to] = Array.isArray(value) ? value.map(wholeOrNull) : [];
  return typeof from !== "number" || typeof to !== "number" || to <= from ? null : [from, to];
}

/** What became of one report. */
export interface ReportAnswer {
  readonly videoId: string;
  readonly outcome: ReportOutcome;
  readonly countedSeconds: number;
  readonly leftOutSeconds: number;
  readonly reason: LeftOutReason | RefusalReason | null;
  readonly view: View | null;
}

/** What became of the reports, in their order; null where it is not said of each. */
export function readReportAnswers(body: unknown, reports: number): readonly ReportAnswer[] | null {
  const answers = readEach(asMembers(body)["views"], readReportAnswer);
  return answers.length === reports ? answers : null;
}

function readReportAnswer(value: unknown): ReportAnswer | null {
  const members = asMembers(value);
  const videoId = textOrNull(members["video"]);
  const outcome = oneOf(REPORT_OUTCOMES, members["outcome"]);
  if (videoId === null || outcome === null) return null;
  return {
    ...{ videoId, outcome },
    countedSeconds: wholeOrNull(members["counted_seconds"]) ?? 0,
    leftOutSeconds: wholeOrNull(members["left_out_seconds"]) ?? 0,
    reason: oneOf([...LEFT_OUT_REASONS, ...REFUSAL_REASONS], members["reason"]),
    view: readView(members["state"]),
  };
}

/** A policy, and what a change of it would do. */
export interface PolicyAnswer {
  readonly policy: PolicyBody;
  readonly revision: number;
  readonly isInherited: boolean;
  readonly affected: { readonly wouldAttend: number; readonly views: number } | null;
  /** What the last change of it decides. */
  readonly decision: { readonly decided: number; readonly isDone: boolean } | null;
}

/** A policy; null for what has none. */
export function readPolicyAnswer(body: unknown): PolicyAnswer | null {
  const members = asMembers(body);
  const of = (name: keyof PolicyAnswerBody): unknown => members[name];
  if (!isMembers(of("policy"))) return null;
  const affected = of("affected");
  const decision = of("decision");
  const ofDecision = (name: keyof DecisionBody): unknown => asMembers(decision)[name];
  const ofAffected = (name: keyof AffectedBody): number => wholeOrNull(asMembers(affected)[name]) ?? 0;
  return {
    policy: readPolicy(of("policy")),
    revision: wholeOrNull(of("revision")) ?? 0,
    isInherited: of("inherited") === true,
    affected: isMembers(affected)
      ? { wouldAttend: ofAffected("would_attend"), views: ofAffected("views") }
      : null,
    decision: isMembers(decision)
      ? {
          decided: wholeOrNull(ofDecision("decided")) ?? 0,
          isDone: textOrNull(ofDecision("done_at")) !== null,
        }
      : null,
  };
}

/** What is not said is as where nothing is set. */
function readPolicy(value: unknown): PolicyBody {
  const members = asMembers(value);
  const of = (name: keyof PolicyBody): unknown => members[name];
  return {
    attended_percent: numberOrNull(of("attended_percent")) ?? DEFAULT_POLICY.attended_percent,
    max_speed: numberOrNull(of("max_speed")) ?? DEFAULT_POLICY.max_speed,
    seek_ahead: of("seek_ahead") !== false,
    deadline: textOrNull(of("deadline")),
    after_deadline: of("after_deadline") === "closed" ? "closed" : "play",
    places: wholeOrNull(of("places")) ?? DEFAULT_POLICY.places,
    audience: readAudience(of("audience")),
  };
}

function readAudience(value: unknown): AudienceBody {
  const { kind, groups, viewers } = asMembers(value);
  if (kind === "groups") return { kind, groups: readEach(groups, textOrNull) };
  if (kind === "viewers") return { kind, viewers: readEach(viewers, textOrNull) };
  return DEFAULT_POLICY.audience;
}

function oneOf<const Word extends string>(words: readonly Word[], value: unknown): Word | null {
  return words.find((word) => word === value) ?? null;
}
