import { isId, isStorableText, StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import {
  messageMark,
  previewBody,
  type MessageDatabase,
  type MessageProviders,
} from "../jobs/message-send/index.ts";
import type { MailSink } from "../mail-sink/index.ts";
import { BlockedAddresses, blockedAddress } from "./blocked-addresses.ts";
import { previewAnswer, previewMessage } from "./preview.ts";
import { recipient, RECIPIENT_STATUSES, recipientPage } from "./recipient-records.ts";
import { recipientsWorkbook } from "./recipients-workbook.ts";

export interface MessagesOptions {
  readonly database: MessageDatabase;
  readonly providers: Pick<MessageProviders, "check" | "channels">;
  /** What the embedded mode keeps of its mail; null: mail goes out. */
  readonly sink: Pick<MailSink, "mails"> | null;
  /** The tenant of the verified token. @throws {unauthenticated | tenant_required} */
  readonly requireTenant: (request: FastifyRequest) => string;
  /** Who asks, by the verified token; null where it names nobody. */
  readonly subjectOf: (request: FastifyRequest) => string | null;
}

/** What a sign-in must allow. */
const SCOPE = "send";
const tags = ["messages"];
const paging = {
  cursor: z
    .string()
    .max(400)
    .refine(isStorableText, "is not a text")
    .optional()
    .describe("next_cursor of the page before"),
  limit: z.coerce.number().int().min(1).max(100).default(50),
};
const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });

/**
 * `GET /api/v1/messages/channels/`, `POST /api/v1/messages/preview/`, `GET /api/v1/messages/{id}/recipients/` and `…/recipients.xlsx`,
 * `/api/v1/messages/blocked/`, and in embedded mode `GET /api/v1/messages/sent/`. The instance needs zod's compilers.
 */
export function messagesRoutes(fastify: FastifyInstance, options: MessagesOptions): void {
  channelsRoute(fastify, options);
  previewRoute(fastify, options);
  recipientRoutes(fastify, options);
  blockedRoutes(fastify, options);
  if (options.sink !== null) sinkRoute(fastify, options.sink, options);
}

const channel = z.object({
  channel: z.enum(["email", "webhook"]),
  undelivered: z.boolean().optional().describe("of e-mail: it is kept to be looked at, and not delivered"),
  hosts: z.array(z.string()).optional().describe("of webhooks: where they may go"),
});

/** The ways that are set up in this process. No statement. */
function channelsRoute(fastify: FastifyInstance, { providers, requireTenant }: MessagesOptions): void {
  fastify.get(
    "/api/v1/messages/channels",
    {
      config: { scope: SCOPE },
      schema: {
        ...{ tags, summary: "How messages can be sent here" },
        response: { 200: z.object({ items: z.array(channel) }) },
      },
    },
    async (request) => {
      requireTenant(request);
      return { items: providers.channels.map((each) => ({ ...each })) };
    },
  );
}

function previewRoute(
  fastify: FastifyInstance,
  { database, providers, requireTenant }: MessagesOptions,
): void {
  fastify.post(
    "/api/v1/messages/preview",
    {
      config: { readsRecords: true, scope: SCOPE },
      schema: {
        tags,
        summary: "What a message would be; sends nothing",
        body: previewBody,
        response: { 200: previewAnswer },
      },
    },
    async (request) => {
      const body = request.body as z.infer<typeof previewBody>; // validated by the schema
      return previewMessage(body, { database, providers, tenant: requireTenant(request) });
    },
  );
}

const recipientQuery = z.object({ ...paging, status: z.enum(RECIPIENT_STATUSES).optional() });

function recipientRoutes(fastify: FastifyInstance, { database, requireTenant }: MessagesOptions): void {
  const jobOf = (request: FastifyRequest): string => {
    const { id } = request.params as { id: string }; // the route has it
    if (!isId(id)) throw new StatusplaneError("record_not_found");
    return id;
  };
  fastify.get(
    "/api/v1/messages/:id/recipients",
    {
      config: { readsRecords: true, scope: SCOPE },
      schema: {
        ...{ tags, summary: "What became of a message's recipients", querystring: recipientQuery },
        response: { 200: pageOf(recipient) },
      },
    },
    async (request) => {
      const { cursor = null, limit, status = null } = request.query as z.infer<typeof recipientQuery>; // validated by the schema
      return recipientPage(database, requireTenant(request), {
        jobId: jobOf(request),
        status,
        cursor,
        limit,
      });
    },
  );
  fastify.get(
    "/api/v1/messages/:id/recipients.xlsx",
    {
      config: { readsRecords: true, scope: SCOPE },
      schema: { tags, summary: "The same for all of them, as a workbook" },
    },
    async (request, reply) => {
      const language = (request.headers["accept-language"] ?? "").startsWith("en") ? "en" : "ko";
      const of = { tenant: requireTenant(request), jobId: jobOf(request), language } as const;
      return reply
        .header("content-type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .header("content-disposition", 'attachment; filename="recipients.xlsx"')
        .send(recipientsWorkbook(database, of));
    },
  );
}

const addressBody = z.strictObject({
  address: z.string().min(1).max(320).refine(isStorableText, "is not a text"),
});
const nothing = z.null();

function blockedRoutes(
  fastify: FastifyInstance,
  { database, requireTenant, subjectOf }: MessagesOptions,
): void {
  const url = "/api/v1/messages/blocked";
  const config = { readsRecords: true, scope: SCOPE };
  const blocked = new BlockedAddresses(database);
  fastify.get(
    url,
    {
      config,
      schema: {
        ...{ tags, summary: "Addresses that are not written to", querystring: z.object(paging) },
        response: { 200: pageOf(blockedAddress) },
      },
    },
    async (request) => {
      const { cursor = null, limit } = request.query as { cursor?: string; limit: number }; // validated by the schema
      return blocked.page(requireTenant(request), { cursor, limit });
    },
  );
  fastify.post(
    url,
    {
      config,
      schema: { tags, summary: "Do not write to an address", body: addressBody, response: { 204: nothing } },
    },
    async (request, reply) => {
      const { address } = request.body as z.infer<typeof addressBody>; // validated by the schema
      await blocked.add(requireTenant(request), address, subjectOf(request));
      return reply.code(204).send(null);
    },
  );
  fastify.post(
    `${url}/remove`,
    {
      config,
      schema: { tags, summary: "Write to an address again", body: addressBody, response: { 204: nothing } },
    },
    async (request, reply) => {
      const { address } = request.body as z.infer<typeof addressBody>; // validated by the schema
      await blocked.remove(requireTenant(request), address);
      return reply.code(204).send(null);
    },
  );
}

const sunkMail = z.object({
  id: z.string(),
  job_id: z.string(),
  to: z.string(),
  from: z.string(),
  subject: z.string(),
  text: z.string(),
  received_at: z.string(),
});
const SHOWN_MAILS = 200;

/** Each tenant sees its own: a mail carries the mark that only its tenant gives. No statement. */
function sinkRoute(
  fastify: FastifyInstance,
  sink: Pick<MailSink, "mails">,
  { requireTenant }: MessagesOptions,
): void {
  fastify.get(
    "/api/v1/messages/sent",
    {
      config: { scope: SCOPE },
      schema: {
        ...{ tags, summary: "Mail that the embedded mode did not deliver, the newest first" },
        response: { 200: z.object({ items: z.array(sunkMail) }) },
      },
    },
    async (request) => {
      const tenant = requireTenant(request);
      const items = sink.mails.flatMap(({ id, receivedAt, ...mail }) => {
        const [jobId = "", position = "", mark] = id.split(".");
        return mark === messageMark(tenant, jobId, Number(position))
          ? [{ ...mail, id, job_id: jobId, received_at: receivedAt }]
          : [];
      });
      return { items: items.slice(0, SHOWN_MAILS) };
    },
  );
}
