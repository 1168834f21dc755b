/*
 * Views: what a viewer has watched of a video, and what follows from it. Who watches is the sign-in's subject, or a signed
 * grant's; no body names one. Seconds are whole seconds of the video: second `s` is what plays in [s, s + 1), and a range
 * [from, to) is a pair.
 */

/** Reports of one request, at most. */
export const MAX_REPORTS = 50;
/** Ranges of one report, at most. */
export const MAX_REPORT_RANGES = 200;
/** Seconds that one report names, at most. */
export const MAX_REPORT_SECONDS = 7_200;
/** Seconds that all reports of a request name, at most: each is looked at in the status store. */
export const MAX_REQUEST_SECONDS = 14_400;
/** A report that is older than this when it is sent counts as if it were so old. */
export const MAX_REPORT_AGE_MS = 4 * 3_600_000;
/** No video is longer than this, for views. */
export const MAX_VIEW_SECONDS = 86_400;

/** [from, to) in whole seconds. */
export type SecondsRange = readonly [from: number, to: number];

/** What one player says that it played. The first one of a player starts its clock and may name no range. */
export interface ReportBody {
  /** Id of the video. */
  readonly video: string;
  /** One loading of a player in a page, `[A-Za-z0-9_-]{1,64}`, made up by it. */
  readonly player: string;
  /** Seconds that were played. */
  readonly ranges: readonly SecondsRange[];
  /** Where the player stands, in seconds. */
  readonly position: number;
  /** Speed of playing, 0.25–16. Default 1. */
  readonly speed?: number | undefined;
  readonly muted?: boolean | undefined;
  /** Whether the page was hidden. */
  readonly hidden?: boolean | undefined;
  /** Whether the player is closed with this: its place is free. Default false. */
  readonly left?: boolean | undefined;
  /** How long before it is sent this was so, in ms. Default 0. */
  readonly ago_ms?: number | undefined;
  /** Of the playback; needed where nothing else signs in. */
  readonly grant?: string | undefined;
}

/** `POST /api/v1/views/`, and, with a grant in each, `POST /api/v1/views/beacon/`. */
export interface ReportsBody {
  readonly reports: readonly ReportBody[];
}

/** - `counted`: taken · `load`: ask the state, then send again · `refused`: not recorded, `reason` says why */
export const REPORT_OUTCOMES = ["counted", "load", "refused"] as const;
export type ReportOutcome = (typeof REPORT_OUTCOMES)[number];

/** Why seconds of a report were left out for good. */
export const LEFT_OUT_REASONS = ["too_fast", "beyond_end", "ahead"] as const;
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

/** Why a video may not be played now. */
export const REFUSAL_REASONS = ["not_ready", "not_in_audience", "too_many_places", "deadline_over"] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** What became of one report, in the order of the reports. */
export interface ReportAnswerBody {
  readonly video: string;
  readonly outcome: ReportOutcome;
  /** Seconds that are watched now and were not before. */
  readonly counted_seconds: number;
  /** Seconds that were not counted, for good; `reason` says why, the first where there are several. */
  readonly left_out_seconds: number;
  readonly reason: LeftOutReason | RefusalReason | null;
  /** Null unless counted. */
  readonly state: ViewBody | null;
}

export interface ReportsAnswerBody {
  readonly views: readonly ReportAnswerBody[];
}

/** Where to go on. */
export interface NextBody {
  /** Seconds from the start. */
  readonly position: number;
  /** Seconds that are still to be watched until it counts as attended; 0: none. */
  readonly left_seconds: number;
}

/** What one viewer has watched of a video: a snapshot, newer ones have a higher (session, version). */
export interface ViewBody {
  readonly video: string;
  /** The subject. */
  readonly viewer: string;
  readonly session: number;
  readonly version: number;
  /** Where the player stood last, seconds; null: it was never played. */
  readonly position: number | null;
  /** Of the video, whole seconds; 0: not known. */
  readonly length: number;
  readonly watched_seconds: number;
  /** 0–100, rounded down. */
  readonly watched_percent: number;
  /** What was watched, in order; null: not asked for. */
  readonly seen: readonly SecondsRange[] | null;
  /** Whether it has been decided that this viewer attended. Once true it stays. */
  readonly attended: boolean;
  /** ISO 8601: since when. */
  readonly attended_at: string | null;
  readonly next: NextBody;
  readonly may_play: boolean;
  /** Why not; null: it may be played. */
  readonly reason: RefusalReason | null;
  /** ISO 8601 of the last report. */
  readonly last_seen_at: string | null;
  readonly policy: PolicyBody;
}

/** `GET /api/v1/views/`: whoever asks, and each of the videos. */
export interface ViewsBody {
  readonly views: Readonly<Record<string, ViewBody>>;
}

/** Who may watch. Groups are those that a token names. */
export type AudienceBody =
  | { readonly kind: "all" }
  | { readonly kind: "groups"; readonly groups: readonly string[] }
  | { readonly kind: "viewers"; readonly viewers: readonly string[] };

/** What watching a video means, for a tenant or one of its videos. */
export interface PolicyBody {
  /** Attended at so many % of its seconds, 1–100. Default 90. */
  readonly attended_percent: number;
  /** Fastest speed whose seconds count, 0.5–4. Default 2. */
  readonly max_speed: number;
  /** Whether seconds count that lie behind unwatched ones. Default true. */
  readonly seek_ahead: boolean;
  /** ISO 8601: what is watched later decides nothing. Null: none. */
  readonly deadline: string | null;
  /** Whether it may be played after the deadline. Default `play`. */
  readonly after_deadline: "play" | "closed";
  /** Players of one viewer that may play at once, over all videos, 1–10. Default 2. */
  readonly places: number;
  /** Default: everybody. */
  readonly audience: AudienceBody;
}

/** `GET` and `PUT` of a policy. */
export interface PolicyAnswerBody {
  readonly policy: PolicyBody;
  /** Rises with each change; 0: never set. */
  readonly revision: number;
  /** Whether the video has none of its own. */
  readonly inherited: boolean;
  /** What a change to the `attended_percent` that was asked about would decide; null: not asked. */
  readonly affected: AffectedBody | null;
  /** What the last change of it decides; null: there was none within a week. */
  readonly decision: DecisionBody | null;
}

/** What a changed policy decides anew, as far as it has come. */
export interface DecisionBody {
  /** Views that became attended by it so far. */
  readonly decided: number;
  /** ISO 8601; null: it still goes on. */
  readonly done_at: string | null;
}

export interface AffectedBody {
  /** Views without a decision that would attend. */
  readonly would_attend: number;
  /** All views that it is about. */
  readonly views: number;
}

/** `GET /api/v1/views/live/`: whoever reported since. */
export interface LiveViewsBody {
  readonly views: readonly ViewBody[];
  /** `since` of the next. */
  readonly cursor: string;
}

/** What holds where nothing is set. */
export const DEFAULT_POLICY: PolicyBody = {
  attended_percent: 90,
  max_speed: 2,
  seek_ahead: true,
  deadline: null,
  after_deadline: "play",
  places: 2,
  audience: { kind: "all" },
};
