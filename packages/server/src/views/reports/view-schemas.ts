import { isStorableText } from "@statusplane/core";
import {
  LEFT_OUT_REASONS,
  MAX_REPORT_RANGES,
  MAX_REPORT_SECONDS,
  MAX_REQUEST_SECONDS,
  MAX_REPORTS,
  MAX_VIEW_SECONDS,
  REFUSAL_REASONS,
  REPORT_OUTCOMES,
  type AudienceBody,
  type LiveViewsBody,
  type PolicyBody,
  type ReportsAnswerBody,
  type ViewBody,
} from "@statusplane/core/wire";
import { z } from "zod";
import { schemaOf } from "../../http/schema-of.ts";
import { SUBJECT_MAX_CHARACTERS } from "../../auth/identity.ts";

const second = z.number().int().min(0).max(MAX_VIEW_SECONDS);
const range = z.tuple([second, second]).refine(([from, to]) => from < to, "a range ends after it begins");
const word = z.string().min(1).max(SUBJECT_MAX_CHARACTERS).refine(isStorableText, "is not a text");
const words = z.array(word).max(1_000);

function secondsOf(ranges: readonly (readonly [number, number])[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** One report. */
const report = z.object({
  video: z.union([z.string().max(64), z.number().int().min(0)]).transform(String),
  player: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  ranges: z
    .array(range)
    .max(MAX_REPORT_RANGES)
    .refine(
      (ranges) => secondsOf(ranges) <= MAX_REPORT_SECONDS,
      `at most ${MAX_REPORT_SECONDS} seconds a report`,
    ),
  position: z.number().min(0).max(MAX_VIEW_SECONDS),
  speed: z.number().min(0.01).max(16).default(1),
  muted: z.boolean().default(false),
  hidden: z.boolean().default(false),
  left: z.boolean().default(false),
  ago_ms: z.number().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  grant: z.string().max(2_048).optional(),
});

export const reportsSchema = z.object({
  reports: z
    .array(report)
    .min(1)
    .max(MAX_REPORTS)
    .refine(
      (reports) => secondsOf(reports.flatMap(({ ranges }) => ranges)) <= MAX_REQUEST_SECONDS,
      `at most ${MAX_REQUEST_SECONDS} seconds a request`,
    ),
});
export type ReadReport = z.infer<typeof report>;

const audience = schemaOf<AudienceBody>()(
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("all") }),
    z.object({ kind: z.literal("groups"), groups: words }),
    z.object({ kind: z.literal("viewers"), viewers: words }),
  ]),
);

export const policySchema = schemaOf<PolicyBody>()(
  z.object({
    attended_percent: z.number().int().min(1).max(100),
    max_speed: z.number().min(0.5).max(4),
    seek_ahead: z.boolean(),
    deadline: z.iso
      .datetime()
      .refine((text) => Date.parse(text) >= 0, "is before 1970")
      .nullable(),
    after_deadline: z.enum(["play", "closed"]),
    places: z.number().int().min(1).max(10),
    audience,
  }),
);

export const viewSchema = schemaOf<ViewBody>()(
  z.object({
    video: z.string(),
    viewer: z.string(),
    session: z.number().int(),
    version: z.number().int(),
    position: z.number().nullable(),
    length: z.number().int(),
    watched_seconds: z.number().int(),
    watched_percent: z.number().int(),
    seen: z.array(z.tuple([z.number().int(), z.number().int()])).nullable(),
    attended: z.boolean(),
    attended_at: z.iso.datetime().nullable(),
    next: z.object({ position: z.number(), left_seconds: z.number().int() }),
    may_play: z.boolean(),
    reason: z.enum(REFUSAL_REASONS).nullable(),
    last_seen_at: z.iso.datetime().nullable(),
    policy: policySchema,
  }),
);

export const reportsAnswerSchema = schemaOf<ReportsAnswerBody>()(
  z.object({
    views: z.array(
      z.object({
        video: z.string(),
        outcome: z.enum(REPORT_OUTCOMES),
        counted_seconds: z.number().int(),
        left_out_seconds: z.number().int(),
        reason: z.enum([...LEFT_OUT_REASONS, ...REFUSAL_REASONS]).nullable(),
        state: viewSchema.nullable(),
      }),
    ),
  }),
);

export const liveViewsSchema = schemaOf<LiveViewsBody>()(
  z.object({ views: z.array(viewSchema), cursor: z.string() }),
);
