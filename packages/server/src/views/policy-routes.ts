import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import {
  faultFields,
  StatusplaneError,
  type HoldingPolicy,
  type ViewRecords,
  type ViewStore,
} from "@statusplane/core";
import {
  ROUTES,
  type AffectedBody,
  type DecisionBody,
  type PolicyAnswerBody,
  type PolicyBody,
} from "@statusplane/core/wire";
import { z } from "zod";
import { requireTenant } from "../auth/index.ts";
import { schemaOf } from "../http/schema-of.ts";
import { videoOf, type KnownViews } from "./known-views.ts";
import { policySchema } from "./reports/index.ts";

export interface PolicyRoutesOptions {
  readonly known: KnownViews;
  readonly views: Pick<ViewStore, "putPolicy">;
  readonly records: Pick<ViewRecords, "putPolicy" | "countAffected" | "findDecision">;
  readonly log: FastifyBaseLogger;
}

const query = z.object({
  attended_percent: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("tells what a change to it would decide"),
});

const answer = schemaOf<PolicyAnswerBody>()(
  z.object({
    policy: policySchema,
    revision: z.number().int(),
    inherited: z.boolean(),
    affected: z.object({ would_attend: z.number().int(), views: z.number().int() }).nullable(),
    decision: z
      .object({ decided: z.number().int(), done_at: z.iso.datetime().nullable() })
      .nullable()
      .describe("what the last change of it decides; done_at null: it still goes on"),
  }),
);

/** `GET`, `PUT` and `DELETE` of `/api/v1/views/policy/` and `/api/v1/views/{id}/policy/`. */
export function policyRoutes(fastify: FastifyInstance, options: PolicyRoutesOptions): void {
  for (const url of [ROUTES.tenantPolicy, ROUTES.policy]) {
    const videoIn = (params: unknown): string | null => (url === ROUTES.policy ? videoOf(params) : null);
    const of = url === ROUTES.policy ? "a video" : "the tenant";
    const tags = ["views"];
    fastify.get(
      url,
      {
        config: { readsRecords: true },
        schema: { tags, summary: `The policy of ${of}`, querystring: query, response: { 200: answer } },
      },
      async (request) => {
        const [tenant, video] = [requireTenant(request), videoIn(request.params)];
        const { attended_percent: percent } = request.query as z.infer<typeof query>; // by the schema
        const affected = percent === undefined ? null : await affectedBy(tenant, video, percent, options);
        const decision = await decisionOf(tenant, video, options);
        return answerOf(await holding(tenant, video, options), { affected, decision });
      },
    );
    fastify.put(
      url,
      {
        config: { readsRecords: true },
        schema: { tags, summary: `Set the policy of ${of}`, body: policySchema, response: { 200: answer } },
      },
      async (request) => {
        const policy = request.body as PolicyBody; // by the schema
        return put({ tenant: requireTenant(request), video: videoIn(request.params), policy }, options);
      },
    );
    fastify.delete(
      url,
      {
        config: { readsRecords: true },
        schema: { tags, summary: `Go back to what holds without it`, response: { 200: answer } },
      },
      async (request) =>
        put({ tenant: requireTenant(request), video: videoIn(request.params), policy: null }, options),
    );
  }
}

/** The rows first, then the status store; where that does not answer, the flusher tells it. */
async function put(
  {
    tenant,
    video,
    policy,
  }: { readonly tenant: string; readonly video: string | null; readonly policy: PolicyBody | null },
  options: PolicyRoutesOptions,
): Promise<PolicyAnswerBody> {
  const { records, views, log } = options;
  const revision = await records.putPolicy(tenant, video, policy);
  try {
    await views.putPolicy(tenant, video, { policy, revision });
    return answerOf(await holding(tenant, video, options), { affected: null, decision: BEGUN });
  } catch (error) {
    if (!(error instanceof StatusplaneError)) throw error;
    log.warn(faultFields(error), "the status store was not told of a policy; the flusher tells it");
    if (policy === null) throw error;
    return answerOf({ policy, revision, inherited: false }, { affected: null, decision: BEGUN });
  }
}

/** Of a policy that was changed just now. */
const BEGUN: DecisionBody = { decided: 0, done_at: null };

/** A tenant's own policy is what holds for a video that has none; no video is called so. */
const NO_VIDEO = "-";

async function holding(
  tenant: string,
  video: string | null,
  { known }: PolicyRoutesOptions,
): Promise<HoldingPolicy> {
  const [found] = await known.policies(tenant, [video ?? NO_VIDEO]);
  if (found === undefined) throw new StatusplaneError("store_unavailable");
  return video === null ? { ...found, inherited: found.revision === 0 } : found;
}

async function affectedBy(
  tenant: string,
  video: string | null,
  percent: number,
  { records }: PolicyRoutesOptions,
): Promise<AffectedBody> {
  const { wouldAttend, views } = await records.countAffected(tenant, video, percent);
  return { would_attend: wouldAttend, views };
}

async function decisionOf(
  tenant: string,
  video: string | null,
  { records }: PolicyRoutesOptions,
): Promise<DecisionBody | null> {
  const found = await records.findDecision(tenant, video);
  if (found === null) return null;
  const { decided, doneAtMs } = found;
  return { decided, done_at: doneAtMs === null ? null : new Date(doneAtMs).toISOString() };
}

function answerOf(
  { policy, revision, inherited }: HoldingPolicy,
  parts: Pick<PolicyAnswerBody, "affected" | "decision">,
): PolicyAnswerBody {
  return { policy, revision, inherited, ...parts };
}
