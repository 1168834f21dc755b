/**
 * Cuts a byte stream of Server-Sent Events into events: the format of the HTML standard, with lines that end in LF, CR
 * or CRLF, wherever the network cuts them. Ids and retry times are left out: every connection begins with everything.
 * @returns takes the stream's next bytes.
 */
export function eventLines(onEvent: (name: string, data: string) => void): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder(); // takes a leading byte order mark away, and waits for the rest of a character
  /** What has come of a line that is not whole; joined once, so that a long line costs its length. */
  let parts: string[] = [];
  let endedInCr = false;
  let name = "";
  let data: string[] = [];

  function take(line: string): void {
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") name = value;
  }

  function dispatch(): void {
    const event = [name || "message", data.join("\n")] as const;
    const isEmpty = data.length === 0;
    name = "";
    data = [];
    if (!isEmpty) onEvent(...event);
  }

  return (bytes) => {
    let text = decoder.decode(bytes, { stream: true });
    if (text === "") return;
    if (endedInCr && text.startsWith("\n")) text = text.slice(1);
    endedInCr = text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      parts.push(line);
      take(parts.join(""));
      parts = [];
    }
    if (rest !== "") parts.push(rest);
  };
}
