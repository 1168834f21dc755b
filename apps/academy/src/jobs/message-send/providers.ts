import { JobError } from "@statusplane/core";
import { MESSAGE_ERRORS } from "./message-errors.ts";
import type { Pace, PlannedMessage } from "./message-rows.ts";
import type { MessageProvider } from "./provider.ts";
import { SmtpProvider } from "./smtp-provider.ts";
import { connectable, isAllowedWebhook, WebhookProvider } from "./webhook-provider.ts";

/** What carries a message, and at which pace. */
export interface OpenProvider {
  readonly provider: MessageProvider;
  readonly pace: Pace;
  /** It goes nowhere but into the embedded mode's own mail. */
  readonly undelivered: boolean;
}

type Way = Pick<PlannedMessage, "channel" | "webhookUrl">;

/** A way that is set up; a webhook's with the hosts that it may go to. */
export type MessageChannel =
  | { readonly channel: "email"; readonly undelivered: boolean }
  | { readonly channel: "webhook"; readonly hosts: readonly string[] };

/** What is set up to carry messages in this process. */
export interface MessageProviders {
  /** In the order in which they are offered. */
  readonly channels: readonly MessageChannel[];
  /** Whether a message could go out so. @throws {message_channel_missing | webhook_not_allowed} */
  readonly check: (way: Way) => void;
  /** Closed by who opened it. @throws {message_channel_missing | webhook_not_allowed} */
  readonly open: (way: Way) => Promise<OpenProvider>;
}

export interface ProviderSettings {
  /** Of the SMTP server; as a function: asked when it is needed. Null: no e-mail. */
  readonly smtpUrl: string | (() => Promise<string>) | null;
  readonly from: string;
  /** Null: no webhooks. */
  readonly webhookSecret: string | null;
  readonly webhookHosts: readonly string[];
  /** Messages a minute of one tenant, and of all: ≥ 1. */
  readonly tenantPerMinute: number;
  readonly allPerMinute: number;
}

const MINUTE_MS = 60_000;

/** The providers as they are set up. */
export function messageProviders(settings: ProviderSettings): MessageProviders {
  const { smtpUrl, from, webhookSecret, webhookHosts, tenantPerMinute, allPerMinute } = settings;
  const isUndelivered = typeof smtpUrl === "function";
  const channels: readonly MessageChannel[] = [
    ...(smtpUrl === null ? [] : [{ channel: "email", undelivered: isUndelivered } as const]),
    ...(webhookSecret === null || webhookHosts.length === 0
      ? []
      : [{ channel: "webhook", hosts: webhookHosts } as const]),
  ];
  const check = ({ channel, webhookUrl }: Way): void => {
    const isThere = channel === "email" ? smtpUrl !== null : webhookSecret !== null;
    if (!isThere) throw new JobError(MESSAGE_ERRORS.message_channel_missing);
    if (channel === "webhook" && !isAllowedWebhook(webhookUrl ?? "", webhookHosts))
      throw new JobError(MESSAGE_ERRORS.webhook_not_allowed);
  };
  const open = async (way: Way): Promise<OpenProvider> => {
    check(way);
    const provider =
      way.channel === "email"
        ? new SmtpProvider({ url: typeof smtpUrl === "function" ? await smtpUrl() : (smtpUrl ?? ""), from })
        : new WebhookProvider({
            url: way.webhookUrl ?? "",
            secret: webhookSecret ?? "",
            mayConnect: connectable(webhookHosts),
          });
    const pace = {
      provider: provider.name,
      tenantMs: MINUTE_MS / tenantPerMinute,
      allMs: MINUTE_MS / allPerMinute,
    };
    return { provider, pace, undelivered: way.channel === "email" && isUndelivered };
  };
  return { channels, check, open };
}
