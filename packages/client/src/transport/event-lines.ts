/**
 * Cuts a byte stream of Server-Sent Events into events: the format of the HTML standard, with lines that end in LF, CR
 * or CRLF, wherever the network cuts them. Ids and retry times are left out: every connection begins with everything.
 */
export class EventLines {
  readonly #decoder = new TextDecoder(); // takes a leading byte order mark away, and waits for the rest of a character
  readonly #onEvent: (name: string, data: string) => void;
  /** What has come of a line that is not whole; joined once, so that a long line costs its length. */
  #parts: string[] = [];
  #endedInCr = false;
  #name = "";
  #data: string[] = [];

  constructor(onEvent: (name: string, data: string) => void) {
    this.#onEvent = onEvent;
  }

  push(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return;
    if (this.#endedInCr && text.startsWith("\n")) text = text.slice(1);
    this.#endedInCr = text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      this.#parts.push(line);
      this.#take(this.#parts.join(""));
      this.#parts = [];
    }
    if (rest !== "") this.#parts.push(rest);
  }

  #take(line: string): void {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#name = value;
  }

  #dispatch(): void {
    const [name, data] = [this.#name, this.#data];
    this.#name = "";
    this.#data = [];
    if (data.length > 0) this.#onEvent(name || "message", data.join("\n"));
  }
}
