import { SMTPServer } from "smtp-server";
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";

/** An address of MAIL or RCPT whose part before the @ is in quotes (RFC 5321, 4.1.2). */
const QUOTED = /^([^:]*:\s*<)("(?:[^"\\]|\\.)*")(?=@)/;
/** Stands for what is in quotes while the rest is read. */
const STAND_IN = "quoted";

/** smtp-server takes a blank for the end of an address, and an @ for the one before the domain: in quotes neither is. */
class QuotingConnection extends SMTPConnection {
  override _parseAddressCommand(
    ...[name, command]: Parameters<SMTPConnection["_parseAddressCommand"]>
  ): ReturnType<SMTPConnection["_parseAddressCommand"]> {
    const text = command.toString();
    const local = QUOTED.exec(text)?.[2];
    if (local === undefined) return super._parseAddressCommand(name, command);
    const parsed = super._parseAddressCommand(name, text.replace(QUOTED, `$1${STAND_IN}`));
    return parsed === false ? false : { ...parsed, address: local + parsed.address.slice(STAND_IN.length) };
  }
}

/** An SMTP server that takes addresses in quotes, too. */
export class QuotingServer extends SMTPServer {
  override connect(...[socket, options]: Parameters<SMTPServer["connect"]>): void {
    const connection = new QuotingConnection(this, socket, options);
    this.connections.add(connection);
    connection.on("error", (error) => this._onError(error));
    connection.on("connect", (data) => this._onClientConnect(data));
    connection.init();
  }
}
