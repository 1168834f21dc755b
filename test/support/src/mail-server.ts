import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer, type SMTPServerSession } from "smtp-server";

/** What a mail server does with one message. */
export type MailConduct =
  | "take"
  /** Refuses the recipient for good (550). */
  | "refuse"
  /** Refuses it for now (451), as greylisting does. */
  | "greylist"
  /** Refuses the message after its end (554). */
  | "refuse-after-data"
  /** Keeps the message, then closes the connection without an answer. */
  | "drop-after-data"
  /** Closes the connection before the message's end, and keeps nothing. */
  | "drop-before-data";

/** A message that was kept. */
export interface KeptMail {
  readonly to: string;
  readonly from: string;
  readonly source: string;
  /** Its Message-ID, as written. */
  readonly id: string;
}

export interface MailServerOptions {
  /** Asked for each recipient. Default: takes everything. */
  readonly conduct?: (to: string) => MailConduct;
  /** Told before `conduct` is asked. */
  readonly onAsked?: (to: string) => void;
  /** Before each answer to a message, ms. Default 0. */
  readonly delayMs?: () => number;
  /** For TLS: certificate and key, PEM. Default: none. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly required: boolean };
  /** Who may sign in; default: nobody has to. */
  readonly account?: { readonly user: string; readonly password: string };
}

/** A real SMTP server on a free port of the loopback, whose conduct tests decide. */
export interface MailServer {
  readonly url: string;
  readonly port: number;
  readonly mails: readonly KeptMail[];
  /** Recipients that were asked for, as often as they were. */
  readonly asked: readonly string[];
  /** Connections so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { conduct = () => "take", delayMs = () => 0, tls, account } = options;
  const mails: KeptMail[] = [];
  const asked: string[] = [];
  let connections = 0;
  const sockets = new Map<string, Socket>();
  const cut = (session: SMTPServerSession): void =>
    void sockets.get(keyOf(session.remoteAddress, session.remotePort))?.destroy();
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 100,
    ...(tls === undefined ? { disabledCommands: ["STARTTLS"] } : { cert: tls.cert, key: tls.key }),
    ...(account === undefined ? { authOptional: true } : { allowInsecureAuth: true }),
    onAuth: (auth, _session, done) =>
      auth.username === account?.user && auth.password === account?.password
        ? done(null, { user: "ok" })
        : done(failure(535, "no such account")),
    onMailFrom: (_address, session, done) =>
      tls?.required === true && !session.secure ? done(failure(530, "Must issue STARTTLS first")) : done(),
    onRcptTo: ({ address }, _session, done) => {
      asked.push(address);
      options.onAsked?.(address);
      const what = conduct(address);
      if (what === "refuse") return done(failure(550, "5.1.1 no such mailbox"));
      if (what === "greylist") return done(failure(451, "4.7.1 try again later"));
      done();
    },
    onData: (stream, session, done) => {
      const to = session.envelope.rcptTo[0]?.address ?? "";
      const what = conduct(to);
      const chunks: Buffer[] = [];
      if (what === "drop-before-data") cut(session);
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.once("end", () => {
        if (what === "drop-before-data") return;
        const source = Buffer.concat(chunks).toString("utf8");
        const from = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
        if (what !== "refuse-after-data") {
          mails.push({ to, from, source, id: /^message-id: *<([^>]*)>/im.exec(source)?.[1] ?? "" });
        }
        if (what === "drop-after-data") return cut(session);
        setTimeout(
          () => done(what === "refuse-after-data" ? failure(554, "5.7.1 not here") : null),
          delayMs(),
        );
      });
    },
  });
  server.on("error", () => undefined); // a client that goes away
  server.server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.set(keyOf(socket.remoteAddress ?? "", socket.remotePort ?? 0), socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo; // it listens
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    mails,
    asked,
    get connections() {
      return connections;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
}

const keyOf = (address: string, port: number): string => `${address.replace(/^::ffff:/, "")} ${port}`;

function failure(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
