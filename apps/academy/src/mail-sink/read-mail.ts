/** A mail as somebody reads it. */
export interface SunkMail {
  /** Its Message-ID without brackets and domain. */
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  /** ISO 8601. */
  readonly receivedAt: string;
}

/** Reads a mail of one plain part, as this program writes it. */
export function readMail(content: Buffer, to: string): SunkMail {
  const source = content.toString("latin1");
  const end = source.indexOf("\r\n\r\n");
  const headers = readHeaders(end < 0 ? source : source.slice(0, end));
  const body = end < 0 ? "" : source.slice(end + 4);
  return {
    id: (headers.get("message-id") ?? "").replace(/^<|>$/g, "").replace(/@.*$/, ""),
    to,
    from: words(headers.get("from") ?? ""),
    subject: words(headers.get("subject") ?? ""),
    text: decode(body, headers.get("content-transfer-encoding") ?? "7bit")
      .replaceAll("\r\n", "\n")
      .trimEnd(),
    receivedAt: new Date().toISOString(),
  };
}

/** By their names in lower case, unfolded (RFC 5322, 2.2.3). */
function readHeaders(head: string): ReadonlyMap<string, string> {
  const lines = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

const ENCODED_WORD = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;

/** Decodes words of a header (RFC 2047): white space between two of them is not part of the text. */
function words(header: string): string {
  const joined = header.replace(/(\?=)\s+(?==\?)/g, "$1");
  if (!joined.includes("=?")) return Buffer.from(joined, "latin1").toString("utf8");
  const bytes = joined.replace(ENCODED_WORD, (_, kind: string, text: string) =>
    kind.toLowerCase() === "b"
      ? Buffer.from(text, "base64").toString("latin1")
      : quotedPrintable(text.replaceAll("_", " ")),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function decode(body: string, encoding: string): string {
  switch (encoding.toLowerCase()) {
    case "base64":
      return Buffer.from(body, "base64").toString("utf8");
    case "quoted-printable":
      return Buffer.from(quotedPrintable(body.replace(/[ \t]*=\r\n/g, "")), "latin1").toString("utf8");
    default:
      return Buffer.from(body, "latin1").toString("utf8");
  }
}

function quotedPrintable(text: string): string {
  return text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
