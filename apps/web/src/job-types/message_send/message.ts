import { asMembers, isMembers, numberOrNull, readEach, textOrNull } from "@statusplane/client";

export const CHOICES = ["all", "grades", "classes", "student_nos", "list"] as const;
export type Choice = (typeof CHOICES)[number];

/** Which of a student's addresses a webhook is given. */
export const ADDRESSES_OF = ["phone", "parent_phone", "email"] as const;
export type AddressOf = (typeof ADDRESSES_OF)[number];

/** A message as it is being written. */
export interface Draft {
  readonly channel: "email" | "webhook";
  /** Of a webhook. */
  readonly webhookUrl: string;
  readonly addressOf: AddressOf;
  readonly choice: Choice;
  /** What was typed for the choice. */
  readonly who: string;
  readonly subject: string;
  readonly text: string;
}

export const EMPTY_DRAFT: Draft = {
  channel: "email",
  webhookUrl: "",
  addressOf: "phone",
  choice: "all",
  who: "",
  subject: "",
  text: "",
};

/** The ways that the server has. */
export interface Channels {
  readonly hasEmail: boolean;
  /** Where webhooks may go; none: there are no webhooks. */
  readonly webhookHosts: readonly string[];
}

/** Until the server has said otherwise. */
export const EMAIL_ALONE: Channels = { hasEmail: true, webhookHosts: [] };

export function readChannels(value: unknown): Channels | null {
  const items = asMembers(value)["items"];
  if (!Array.isArray(items)) return null;
  const all = items.map(asMembers);
  const hosts = all.find(({ channel }) => channel === "webhook")?.["hosts"];
  return {
    hasEmail: all.some(({ channel }) => channel === "email"),
    webhookHosts: Array.isArray(hosts) ? hosts.filter((host) => typeof host === "string") : [],
  };
}

/** How a draft goes out: where there is one way, that way. */
export function channelOf({ channel }: Draft, { hasEmail, webhookHosts }: Channels): Draft["channel"] {
  if (webhookHosts.length === 0) return "email";
  return hasEmail ? channel : "webhook";
}

const parts = (text: string): readonly string[] =>
  text
    .split(/[,\n，、]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");

function recipientsOf({ choice, who }: Draft): unknown {
  switch (choice) {
    case "all":
      return { all: true };
    case "grades":
      return { grades: parts(who).map((part) => Number(part.replace(/학년$/, ""))) };
    case "classes":
      return { classes: parts(who) };
    case "student_nos":
      return { student_nos: parts(who) };
    case "list":
      return { list: who.split("\n").flatMap((line) => listedOf(line.trim())) };
  }
}

/** An address, and after a blank a name; an address in quotes may have blanks itself. */
function listedOf(line: string): readonly { readonly address: string; readonly name?: string }[] {
  if (line === "") return [];
  const [, address = line, name = ""] = /^("[^"]*"@\S+|\S+)[\s,]*(.*)$/.exec(line) ?? [];
  const plain = address.replace(/,$/, "");
  return [name === "" ? { address: plain } : { address: plain, name }];
}

const TITLE_MAX_CHARACTERS = 200;
const TOKEN = /\{\{|\}\}|\{([^{}\r\n]*)\}/g;
const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]/;

/**
 * What a message is called where everybody sees it: its subject, with a blank as people draw it in the place of whatever
 * differs from one recipient to the next (○○ for {이름}, … for {name}). Its text is kept for a time, a title for good: one without
 * a subject is called as `otherwise` says.
 */
export function titleOf({ subject }: Pick<Draft, "subject">, otherwise: string): string {
  const line = subject.trim() === "" ? otherwise : subject.trim();
  const neutral = line.replace(TOKEN, (token, name?: string) =>
    name === undefined ? token.slice(1) : HANGUL.test(name) ? "○○" : "…",
  );
  return Array.from(neutral).slice(0, TITLE_MAX_CHARACTERS).join("");
}

/** What preview and submit take. */
export function payloadOf(draft: Draft, channels: Channels): Readonly<Record<string, unknown>> {
  const { subject, text, webhookUrl, addressOf } = draft;
  const recipients = recipientsOf(draft);
  if (channelOf(draft, channels) === "email") return { subject, text, recipients };
  return {
    ...{ channel: "webhook", webhook_url: webhookUrl.trim(), address: addressOf, text, recipients },
    ...(subject === "" ? {} : { subject }),
  };
}

/** What the server says a message would be. */
export interface Preview {
  readonly count: number;
  readonly total: number;
  readonly messages: readonly { readonly address: string; readonly subject: string; readonly text: string }[];
  readonly skipped: readonly { readonly reason: string; readonly count: number }[];
  readonly skippedFirst: readonly {
    readonly position: number;
    readonly who: string;
    readonly reason: string;
  }[];
  readonly confirm: string;
}

const textOf = (value: unknown): string => textOrNull(value) ?? "";
const countOf = (value: unknown): number => numberOrNull(value) ?? 0;

/** Reads a preview; null for anything without its confirm value. */
export function readPreview(value: unknown): Preview | null {
  const body = asMembers(value);
  const confirm = textOrNull(body["confirm"]);
  if (confirm === null) return null;
  return {
    confirm,
    count: countOf(body["count"]),
    total: countOf(body["total"]),
    messages: readEach(body["messages"], (each) => {
      const { address, subject, text } = asMembers(each);
      return { address: textOf(address), subject: textOf(subject), text: textOf(text) };
    }),
    skipped: readEach(body["skipped"], (each) => {
      const { reason, count } = asMembers(each);
      return { reason: textOf(reason), count: countOf(count) };
    }),
    skippedFirst: readEach(body["skipped_first"], (each) => {
      if (!isMembers(each)) return null;
      const { position, name, student_no: number, address, reason } = each;
      const who = [name, number, address].map(textOf).filter((part) => part !== "");
      return { position: countOf(position), who: who.join(" · "), reason: textOf(reason) };
    }),
  };
}

/** What became of one recipient. */
export interface Recipient {
  readonly position: number;
  readonly who: string;
  readonly address: string;
  readonly status: string;
  readonly reason: string;
  readonly detail: string;
  readonly wasSentAgain: boolean;
}

export function readRecipient(value: unknown): Recipient | null {
  if (!isMembers(value)) return null;
  const { position, name, student_no: number, address, status, reason, detail, again_job: again } = value;
  const who = [name, number].map(textOf).filter((part) => part !== "");
  return {
    ...{
      position: countOf(position),
      who: who.join(" · "),
      address: textOf(address),
      status: textOf(status),
    },
    ...{ reason: textOf(reason), detail: textOf(detail), wasSentAgain: textOrNull(again) !== null },
  };
}

/** An address of the list of those that nothing is sent to. */
export function readBlocked(value: unknown): string | null {
  return textOrNull(asMembers(value)["address"]);
}

/** A mail that the embedded mode kept. */
export interface KeptMail {
  readonly id: string;
  readonly jobId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export function readMails(value: unknown): readonly KeptMail[] | null {
  return readEach(asMembers(value)["items"], (each) => {
    const { id, job_id: jobId, to, subject, text } = asMembers(each);
    return {
      id: textOf(id),
      jobId: textOf(jobId),
      to: textOf(to),
      subject: textOf(subject),
      text: textOf(text),
    };
  });
}
