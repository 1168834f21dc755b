import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { textLine } from "../../src/log/index.ts";

/** What a person reads of one event. */
function told(write: (log: ReturnType<typeof pino>) => void, inColour = false): string {
  const lines: string[] = [];
  const stream = { write: (json: string): void => void lines.push(textLine(json, { inColour })) };
  write(pino({ level: "debug" }, stream));
  return lines.join("");
}

describe("a log line for a person", () => {
  it("is time, level, words and the few fields", () => {
    const line = told((log) => log.warn({ job: "video:42", attempt: 2, waits: null }, "a try failed"));
    expect(line).toMatch(/^\d\d:\d\d:\d\d WARN {2}a try failed job=video:42 attempt=2\n$/);
  });

  it("says once what its words have already", () => {
    const id = "0198c7a2-6b1e-7f00-8000-000000000001";
    const fields = { tenant: "7", id, jobType: "invoice_pdf", attempt: 2, try: 1 };
    const line = told((log) => log.debug(fields, `invoice_pdf ${id} attempt 2 claimed: try 1 of 3`));
    expect(line).toMatch(/debug invoice_pdf 0198\S+ attempt 2 claimed: try 1 of 3 tenant=7\n$/);
  });

  it("says an error's message and code, and leaves its stack to the JSON", () => {
    const err = Object.assign(new Error("connect ECONNREFUSED"), { code: "database_unavailable" });
    expect(told((log) => log.error({ err }, "the start waits"))).toMatch(
      /ERROR the start waits: connect ECONNREFUSED \[database_unavailable\]\n$/,
    );
  });

  it.each([
    ["a line end", "a\nb", '"a b"'],
    ["a command to the terminal", "\u001b[2Jx", "[2Jx"],
    ["a command of one character", "\u009b2Jx", "2Jx"],
    ["a turned direction", "exe.\u202e4pm", "exe.4pm"],
    ["quotes", 'a "b"', '"a \\"b\\""'],
    ["an object", { a: "x\ny" }, '{"a":"x\\ny"}'],
  ])("stays one line that commands nothing: %s", (_what, name, shown) => {
    const line = told((log) => log.info({ name }, typeof name === "string" ? name : "words"));
    expect(line.endsWith(` name=${shown}\n`)).toBe(true);
    // oxlint-disable-next-line no-control-regex -- controls are what must not be there
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  it("is coloured where the terminal can show it", () => {
    expect(told((log) => log.info("words"), true)).toContain("\u001b[36minfo \u001b[0m words\n");
  });
});
