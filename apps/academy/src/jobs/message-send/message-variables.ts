import { hiddenVariable, optionalVariable, variable, wholeNumber, type ValuesOf } from "@statusplane/runtime";
import { z } from "zod";
import { readAddress } from "./address.ts";
import { messageProviders, type MessageProviders } from "./providers.ts";

const SMTP_URL = z
  .string()
  .refine(
    (url) => /^smtps?:\/\//.test(url) && URL.canParse(url) && new URL(url).hostname !== "",
    "must look like smtps://user:password@host, or smtp://…?tls=required for STARTTLS",
  );

const HOST = /^[a-z0-9.-]+(?::\d{1,5})?$/;
const hosts = z
  .string()
  .transform((text): readonly string[] =>
    text
      .split(",")
      .map((each) => each.trim().toLowerCase())
      .filter((each) => each !== ""),
  )
  .refine(
    (list) => list.every((host) => HOST.test(host)),
    "must be hosts, comma-separated: gateway.example.com",
  );

const webhookSecret = z
  .string()
  .refine(
    (text) => Buffer.from(text.replace(/^whsec_/, ""), "base64").byteLength >= 24,
    "must be whsec_ and at least 24 bytes as base64: openssl rand -base64 32",
  );

const seconds = z
  .string()
  .regex(/^\d{1,6}(,\d{1,6}){0,9}$/, "must be seconds, comma-separated: 60,300,900")
  .transform((text): readonly number[] => text.split(",").map(Number));

/** What an installation may say of its messages. */
export const MESSAGE_VARIABLES = {
  SMTP_URL: hiddenVariable(
    optionalVariable(
      SMTP_URL,
      'server for e-mail: `smtps://user:password@host`, or `smtp://…`, with `?tls=required` not without STARTTLS; not set: role `all` on its embedded database has a server of its own that delivers nothing and shows what was "sent", elsewhere there is no e-mail',
    ),
  ),
  MESSAGE_FROM: variable(
    z.string().refine((text) => "key" in readAddress(text, "email"), "must be an e-mail address"),
    "statusplane@localhost.localdomain",
    "sender of e-mail, an address",
  ),
  WEBHOOK_SECRET: hiddenVariable(
    optionalVariable(
      webhookSecret,
      "signs webhooks (Standard Webhooks, `whsec_…`); not set: messages do not go to webhooks",
    ),
  ),
  WEBHOOK_ALLOWED_HOSTS: variable(
    hosts,
    [],
    "hosts that messages may be sent to by webhook, comma-separated, each with its port where that is not 443; https alone, and only where they resolve to public addresses, or to one that is listed here as an address",
  ),
  MESSAGES_PER_MINUTE: variable(
    wholeNumber(1, 1_000_000, "messages"),
    1_200,
    "messages per minute and provider, of all tenants together",
  ),
  MESSAGES_PER_MINUTE_TENANT: variable(
    wholeNumber(1, 1_000_000, "messages"),
    600,
    "messages per minute and provider of one tenant",
  ),
  MESSAGE_BACKOFF_SECONDS: {
    write: (value: readonly number[]) => value.join(","),
    ...variable(
      seconds,
      [60, 300, 900, 1_800],
      "waits before a message that was refused for now is tried again, comma-separated, seconds; after the last one it has failed",
    ),
  },
  MESSAGE_RETENTION_DAYS: variable(
    wholeNumber(1, 36_500, "days"),
    180,
    "so long after its end a message's text and addresses are kept; its title and counts stay with the job",
  ),
};

/** The providers of these settings. @param sinkUrl where e-mail goes that nobody has set up a server for; null: nowhere. */
export function providersOf(
  values: ValuesOf<typeof MESSAGE_VARIABLES>,
  sinkUrl: (() => Promise<string>) | null,
): MessageProviders {
  return messageProviders({
    smtpUrl: values.SMTP_URL ?? sinkUrl,
    from: values.MESSAGE_FROM,
    webhookSecret: values.WEBHOOK_SECRET,
    webhookHosts: values.WEBHOOK_ALLOWED_HOSTS,
    tenantPerMinute: values.MESSAGES_PER_MINUTE_TENANT,
    allPerMinute: values.MESSAGES_PER_MINUTE,
  });
}
