import {
  evaluateView,
  isId,
  neededSeconds,
  StatusplaneError,
  viewRef,
  type HoldingPolicy,
  type Report,
  type Reported,
  type StatusReader,
  type Viewer,
  type ViewRef,
  type ViewStore,
} from "@statusplane/core";
import {
  LEFT_OUT_REASONS,
  MAX_REPORT_AGE_MS,
  ROUTES,
  type LeftOutReason,
  type RefusalReason,
  type ReportAnswerBody,
} from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import { JSON_MAX_BYTES, parseJson } from "../../http/json-body.ts";
import { requireViewer } from "../../auth/identity.ts";
import type { Limits } from "../../auth/limits.ts";
import { lengthsOf } from "./video-length.ts";
import { viewBody } from "./view-body.ts";
import type { ViewCounts } from "./view-counts.ts";
import type { ViewGrants } from "./view-grants.ts";
import { reportsAnswerSchema, reportsSchema, type ReadReport } from "./view-schemas.ts";

export interface ReportRoutesOptions {
  readonly views: Pick<ViewStore, "report" | "readPolicies">;
  readonly reader: Pick<StatusReader, "readMany">;
  readonly counts: ViewCounts;
}

/** Who reports. */
interface Reporter {
  readonly tenant: string;
  readonly viewer: string;
  readonly groups: readonly string[];
  /** Of the grant that says so; null: a sign-in does. */
  readonly generation: number | null;
}

/** `POST /api/v1/views/`: several videos in one request, answered from the status store alone. */
export function reportRoutes(fastify: FastifyInstance, options: ReportRoutesOptions): void {
  fastify.post(
    ROUTES.views,
    {
      schema: {
        tags: ["views"],
        summary: "What was watched, of up to 50 players in one request",
        body: reportsSchema,
        response: { 200: reportsAnswerSchema },
      },
    },
    async (request) => {
      const { tenant, subject: viewer, groups } = requireViewer(request);
      const { reports } = request.body as { readonly reports: readonly ReadReport[] }; // by the schema
      const reporter = { tenant, viewer, groups, generation: null };
      return { views: await countReports(reports, reporter, options) };
    },
  );
}

/** `POST /api/v1/views/beacon/`: what a page says when it is left, where no header can be sent; each report by its grant. */
export function beaconRoutes(
  fastify: FastifyInstance,
  options: ReportRoutesOptions & { readonly grants: ViewGrants; readonly limits: Pick<Limits, "ofTenant"> },
): void {
  fastify.addContentTypeParser<string>(
    "text/plain",
    { parseAs: "string", bodyLimit: JSON_MAX_BYTES },
    (_request, text, done) => {
      try {
        done(null, parseJson(text));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  fastify.post(
    ROUTES.viewBeacon,
    {
      schema: {
        tags: ["views"],
        summary: "The same by grants alone, for pages that are left",
        security: [],
        body: reportsSchema,
      },
    },
    async (request, reply) => {
      const { reports } = request.body as { readonly reports: readonly ReadReport[] }; // by the schema
      const granted = reports.map(({ grant = "", video }) => options.grants.verify(grant, video));
      const tenants = new Map(granted.map(({ ref }) => [ref.tenant, options.limits.ofTenant(ref.tenant)]));
      for (const requests of tenants.values()) {
        if (requests.take()) continue;
        throw new StatusplaneError("rate_limited", { retryAfterSeconds: requests.retryAfterSeconds() });
      }
      for (const [i, { ref, groups, generation }] of granted.entries()) {
        const { tenant, viewer } = ref;
        await countReports(reports.slice(i, i + 1), { tenant, viewer, groups, generation }, options);
      }
      return reply.status(204).send();
    },
  );
}

async function countReports(
  reports: readonly ReadReport[],
  reporter: Reporter,
  { views, reader, counts }: ReportRoutesOptions,
): Promise<readonly ReportAnswerBody[]> {
  const { tenant, viewer } = reporter;
  const videos = reports.map(({ video }) => {
    if (!isId(video)) throw new StatusplaneError("invalid_request", { detail: "video" });
    return video;
  });
  const [lengths, policies] = await Promise.all([
    lengthsOf(reader, tenant, videos),
    views.readPolicies(tenant, videos),
  ]);
  const answers: ReportAnswerBody[] = [];
  // One after the other: two reports of one player are in their order, and share their viewer's time by it.
  for (const [i, report] of reports.entries()) {
    const ref = viewRef(tenant, report.video, viewer);
    const known = { lengthSeconds: lengths[i] ?? null, holding: policies?.[i] ?? null };
    const reported = await countOne(report, { ref, reporter, known }, views);
    if ("countedSeconds" in reported) counts.add("counted", reported.countedSeconds, reported.leftOut);
    else counts.add(reported.outcome);
    answers.push(answerOf(reported, { ref, known, groups: reporter.groups }));
  }
  return answers;
}

interface Known {
  readonly lengthSeconds: number | null;
  readonly holding: HoldingPolicy | null;
}

type Outcome =
  | Exclude<Reported, { readonly outcome: "load" | "refused" | "revoked" }>
  | { readonly outcome: "load" | "refused" }
  | { readonly outcome: "refused"; readonly reason: RefusalReason };
/** What the status store lacks is loaded by whoever asks for the state, never by a report. */
async function countOne(
  report: ReadReport,
  {
    ref,
    reporter: { groups, generation },
    known: { lengthSeconds, holding },
  }: { readonly ref: ViewRef; readonly reporter: Reporter; readonly known: Known },
  views: Pick<ViewStore, "report">,
): Promise<Outcome> {
  if (lengthSeconds === null || holding === null) return { outcome: "load" };
  const { policy } = holding;
  const reason = refusalOf({ ref, groups, lengthSeconds, holding });
  if (reason !== null) return { outcome: "refused", reason };
  const reported = await views.report(ref, counted(report), {
    lengthSeconds,
    maxSpeed: policy.max_speed,
    seekAhead: policy.seek_ahead,
    places: policy.places,
    neededSeconds: neededSeconds(lengthSeconds, policy.attended_percent),
    deadlineMs: policy.deadline === null ? null : Date.parse(policy.deadline),
    generation,
  });
  if ("countedSeconds" in reported) return reported;
  const { outcome } = reported;
  if (outcome === "revoked") throw new StatusplaneError("grant_invalid");
  return { outcome };
}

function refusalOf({
  ref: { viewer },
  groups,
  lengthSeconds,
  holding: { policy },
}: {
  readonly ref: ViewRef;
  readonly groups: readonly string[];
  readonly lengthSeconds: number;
  readonly holding: HoldingPolicy;
}): RefusalReason | null {
  const nothing = { watchedSeconds: 0, positionSeconds: null, attendedAtMs: null, firstUnwatched: null };
  const asked = { viewer: { viewer, groups }, nowMs: Date.now() };
  return evaluateView({ ...nothing, lengthSeconds }, policy, asked).reason;
}

function counted({ player, ranges, position, speed, muted, hidden, left, ago_ms }: ReadReport): Report {
  const agoMs = Math.min(MAX_REPORT_AGE_MS, Math.round(ago_ms));
  return { player, ranges, positionSeconds: position, speed, muted, hidden, left, agoMs };
}

function answerOf(
  reported: Outcome,
  {
    ref,
    known,
    groups,
  }: { readonly ref: ViewRef; readonly known: Known; readonly groups: readonly string[] },
): ReportAnswerBody {
  const nothing = { video: ref.video, counted_seconds: 0, left_out_seconds: 0, state: null };
  if (!("countedSeconds" in reported)) {
    const refusal = "reason" in reported ? reported.reason : "too_many_places";
    const { outcome } = reported;
    return { ...nothing, outcome, reason: outcome === "refused" ? refusal : null };
  }
  const { outcome, countedSeconds, leftOut, state } = reported;
  const viewer: Viewer = { viewer: ref.viewer, groups };
  return {
    ...{ video: ref.video, outcome, counted_seconds: countedSeconds },
    left_out_seconds: LEFT_OUT_REASONS.reduce((sum, reason) => sum + leftOut[reason], 0),
    reason: LEFT_OUT_REASONS.find((reason: LeftOutReason) => leftOut[reason] > 0) ?? null,
    state:
      known.holding === null
        ? null
        : viewBody({
            ...{ ref, state, watched: null, viewer, nowMs: Date.now() },
            lengthSeconds: known.lengthSeconds ?? 0,
            policy: known.holding.policy,
          }),
  };
}
