/**
 * A mail server of the embedded mode that delivers nothing: it keeps what was "sent" for people to look at.
 * May import smtp-server (quoting-server.ts alone) and ../jobs/message-send for a message's mark.
 * Mail comes in by SMTP on a port of the loopback; it goes out by a route, each tenant its own.
 */
import type { ApplicationContext } from "@statusplane/runtime";
import type { AcademyVariables } from "../academy-variables.ts";
import { MailSink } from "./mail-sink.ts";

export { MailSink } from "./mail-sink.ts";
export { readMail, type SunkMail } from "./read-mail.ts";

/** One per process: its jobs fill it, its routes show it. */
const SINK = new MailSink();

/** Where e-mail goes in one process of everything that has no server for it; null: there is none. */
export function sinkOf({
  role,
  values,
}: Pick<ApplicationContext<AcademyVariables>, "role" | "values">): (() => Promise<string>) | null {
  return hasSink(role, values) ? () => SINK.open() : null;
}

/** The sink of this process; null where there is none. */
export function shownSink({
  role,
  values,
}: Pick<ApplicationContext<AcademyVariables>, "role" | "values">): MailSink | null {
  return hasSink(role, values) ? SINK : null;
}

function hasSink(
  role: ApplicationContext["role"],
  {
    SMTP_URL: smtp,
    DATABASE_URL: database,
  }: Pick<ApplicationContext<AcademyVariables>["values"], "SMTP_URL" | "DATABASE_URL">,
): boolean {
  return role === "all" && smtp === null && database === null;
}
