import MailComposer from "nodemailer/lib/mail-composer";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { Readable } from "node:stream";
import type { HandOver, MessageProvider, OutgoingMessage } from "./provider.ts";

export interface SmtpOptions {
  /** `smtp://` (STARTTLS where offered, or `?tls=required`) or `smtps://`, with user and password in it. */
  readonly url: string;
  /** The sender: an address. */
  readonly from: string;
  /** Connections at once, ≥ 1. Default 3. */
  readonly connections?: number;
  /** How long the server may take to answer, ms. Default 30,000. */
  readonly timeoutMs?: number;
  /** Certificates to trust beside the machine's own, PEM. Default: none. */
  readonly ca?: string;
  /** Messages over one connection before it is renewed. Default 100. */
  readonly messagesPerConnection?: number;
}

const DEFAULTS = { connections: 3, timeoutMs: 30_000, messagesPerConnection: 100 };

/** What {@link SMTPConnection} fails with. */
type SmtpError = Error & {
  readonly responseCode?: number;
  readonly code?: string;
  readonly response?: string;
};

/** A connection that has greeted and signed in. */
interface Ready {
  readonly connection: SMTPConnection;
  sent: number;
}

/**
 * E-mail by SMTP over a few connections that stay. Nodemailer's own pool sends a message anew when its connection breaks;
 * this one never does, and tells apart whether the server may have it: nothing is uncertain before the end of the message
 * was on its way.
 */
export class SmtpProvider implements MessageProvider {
  readonly name = "smtp";
  readonly #options: Required<Omit<SmtpOptions, "ca">> & Pick<SmtpOptions, "ca">;
  readonly #idle: Ready[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #isClosed = false;

  constructor(options: SmtpOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  async handOver(message: OutgoingMessage): Promise<HandOver> {
    await this.#turn();
    try {
      const kept = this.#idle.pop();
      const answer = kept === undefined ? null : await this.#send(kept, message);
      // A server ends connections that were idle: that says nothing of the message, which has not left.
      if (answer !== null && !isUnreachable(answer)) return answer;
      return await this.#send(await this.#connect(), message);
    } catch (error) {
      return refusalOf(error as SmtpError);
    } finally {
      this.#open -= 1;
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { connection } of this.#idle.splice(0)) connection.quit();
  }

  /** At most so many at once. */
  async #turn(): Promise<void> {
    while (this.#open >= this.#options.connections) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#open += 1;
  }

  async #connect(): Promise<Ready> {
    const { url, timeoutMs, ca } = this.#options;
    const place = new URL(url);
    const isRequired = place.searchParams.get("tls") === "required";
    const connection = new SMTPConnection({
      host: place.hostname.replace(/^\[|\]$/g, ""),
      ...(place.port === "" ? {} : { port: Number(place.port) }),
      secure: place.protocol === "smtps:",
      requireTLS: isRequired,
      ...(ca === undefined ? {} : { tls: { ca } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
    await settle((done) => {
      connection.once("error", done);
      connection.once("end", () => done(new Error("the server ended the connection")));
      connection.connect(done);
    }, connection);
    if (place.username !== "") {
      const credentials = {
        user: decodeURIComponent(place.username),
        pass: decodeURIComponent(place.password),
      };
      await settle((done) => connection.login({ credentials }, done), connection);
    }
    const ready = { connection, sent: 0 };
    const forget = (): void => {
      const at = this.#idle.indexOf(ready);
      if (at >= 0) this.#idle.splice(at, 1);
    };
    connection.on("error", forget);
    connection.on("end", forget);
    return ready;
  }

  async #send(ready: Ready, message: OutgoingMessage): Promise<HandOver> {
    const { connection } = ready;
    const { from } = this.#options;
    const content = await compose(message, from);
    const body = new WatchedBody(content);
    const envelope = { from, to: [message.address], size: content.byteLength };
    try {
      await settle((done) => connection.send(envelope, body, done));
    } catch (error) {
      return this.#failed(ready, { error: error as SmtpError, wasEnded: body.readableEnded });
    }
    this.#keep(ready);
    return { outcome: "sent" };
  }

  /** A refusal by the server leaves a connection that goes on; anything else leaves none. */
  #failed(
    ready: Ready,
    { error, wasEnded }: { readonly error: SmtpError; readonly wasEnded: boolean },
  ): HandOver {
    const isAnswer = isRefusal(error.responseCode);
    if (isAnswer && error.responseCode !== 421) this.#reset(ready);
    else ready.connection.close();
    if (isAnswer || !wasEnded) return refusalOf(error);
    return { outcome: "uncertain", reason: "no_answer", detail: error.message };
  }

  #keep(ready: Ready): void {
    ready.sent += 1;
    if (this.#isClosed || ready.sent >= this.#options.messagesPerConnection) ready.connection.quit();
    else this.#idle.push(ready);
  }

  #reset(ready: Ready): void {
    ready.connection.reset((error) => {
      if (error === null || error === undefined) this.#keep(ready);
      else ready.connection.close();
    });
  }
}

/** A message's bytes; `readableEnded` once the last of them, and with it the end of the message, is on its way. */
class WatchedBody extends Readable {
  #content: Buffer | null;

  constructor(content: Buffer) {
    super();
    this.#content = content;
  }

  override _read(): void {
    const content = this.#content;
    this.#content = null;
    this.push(content);
  }
}

const isRefusal = (code: number | undefined): code is number =>
  code !== undefined && code >= 400 && code <= 599;

const isUnreachable = (answer: HandOver): boolean =>
  answer.outcome === "refused" && answer.reason === "provider_unreachable";

/** The server has not got it. */
function refusalOf({ responseCode, response, code, message }: SmtpError): HandOver {
  if (code === "EENVELOPE" && !isRefusal(responseCode))
    return { outcome: "refused", permanent: true, reason: "address_refused", detail: message };
  if (!isRefusal(responseCode))
    return { outcome: "refused", permanent: false, reason: "provider_unreachable", detail: message };
  // What is wrong with our sign-in is not the recipient's: it can be mended meanwhile.
  const permanent = responseCode >= 500 && code !== "EAUTH";
  const reason = code === "EAUTH" ? "provider_sign_in" : permanent ? "refused" : "refused_for_now";
  return { outcome: "refused", permanent, reason, detail: response ?? message };
}

/** Calls once and answers once, whatever else the connection tells. */
function settle(
  begin: (done: (error?: Error | null) => void) => void,
  opened?: SMTPConnection,
): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => {
      if (error === null || error === undefined) return resolve();
      opened?.close();
      reject(error);
    });
  });
}

function compose({ id, address, subject, text }: OutgoingMessage, from: string): Promise<Buffer> {
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const mail = new MailComposer({
    from,
    to: { name: "", address },
    subject,
    text,
    messageId: `<${id}@${domain}>`,
    headers: { "Auto-Submitted": "auto-generated" },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return mail.compile().build();
}
