import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { QuotingServer } from "./quoting-server.ts";
import { readMail, type SunkMail } from "./read-mail.ts";

/** Kept; the oldest go first. */
const KEPT = 2_000;
const MAIL_MAX_BYTES = 262_144;

/** A mail server on a free port of the loopback that keeps what it is given, in memory. */
export class MailSink {
  readonly #mails: SunkMail[] = [];
  #opened: Promise<QuotingServer> | null = null;

  /** The newest first. */
  get mails(): readonly SunkMail[] {
    return [...this.#mails].reverse();
  }

  /** Listens, from the first call on. @returns its URL. */
  async open(): Promise<string> {
    this.#opened ??= this.#listen();
    const { port } = (await this.#opened).server.address() as AddressInfo; // it listens
    return `smtp://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    const server = await this.#opened;
    this.#opened = null;
    if (server !== null) await new Promise<void>((resolve) => server.close(resolve));
  }

  async #listen(): Promise<QuotingServer> {
    const server = new QuotingServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      authOptional: true,
      disableReverseLookup: true,
      size: MAIL_MAX_BYTES,
      logger: false,
      onData: (stream, session, answered) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.once("end", () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          this.#keep(readMail(Buffer.concat(chunks), to[0] ?? ""));
          answered();
        });
      },
    });
    server.on("error", () => undefined); // a client that goes away
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    server.server.unref(); // it keeps no process alive
    return server;
  }

  #keep(mail: SunkMail): void {
    this.#mails.push(mail);
    if (this.#mails.length > KEPT) this.#mails.shift();
  }
}
