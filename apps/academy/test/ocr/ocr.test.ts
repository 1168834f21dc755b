import { execFile } from "node:child_process";
import { promisify } from "node:util";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { PageReading } from "../../src/jobs/ocr/page-reading.ts";
import { ENGLISH, KOREAN, OcrBench, sheet } from "./ocr-fixture.ts";

const bench = new OcrBench();

describe("a picture", { timeout: 120_000 }, () => {
  it("becomes its text, with lines, boxes and confidence, and documents to take along", async () => {
    const path = await bench.file(sheet(KOREAN));
    const result = await bench.run(path, { id: "korean", apart: true });
    expect(result).toMatchObject({
      ...{ outcome: "complete", pages: 1, pages_read: 1, language: "ko", problems: [] },
      ...{ text: KOREAN.join("\n"), text_complete: true, pages_url: "/api/v1/jobs/korean/pages/" },
    });
    expect(result.confidence).toBeGreaterThan(80);
    const page = JSON.parse((await bench.output("korean", "page-1.json")).toString()) as PageReading;
    expect(page.lines.map(({ text }) => text)).toEqual(KOREAN);
    const tops = page.lines.map(({ box }) => box?.y ?? 0);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect((await bench.output("korean", "page-1.jpg")).subarray(0, 3)).toEqual(
      Buffer.from([0xff, 0xd8, 0xff]),
    );
    expect((await bench.output("korean", "text.txt")).toString()).toBe(`${KOREAN.join("\n")}\n`);
    expect(bench.told.steps).toEqual(["open", "read", "write"]);
    expect(bench.told.partials.at(-1)).toEqual({ pages: 1, pages_read: 1, text: KOREAN.join("\n") });
  });

  it("that a phone took as HEIC is read", async () => {
    const upright = await bench.file(sheet(ENGLISH), "photograph.png");
    const path = `${upright}.heic`;
    await promisify(execFile)("heif-enc", ["--lossless", "-o", path, upright]);
    const result = await bench.run(path, { id: "heic", apart: true });
    expect(result).toMatchObject({ outcome: "complete", text: ENGLISH.join("\n") });
  });

  it("that cannot be searched becomes a PDF that can", async () => {
    const path = await bench.file(sheet(ENGLISH));
    await bench.run(path, { id: "english" });
    const pdf = await bench.file(await bench.output("english", "searchable.pdf"));
    const again = await bench.run(pdf, { id: "again" });
    expect(again).toMatchObject({ text: ENGLISH.join("\n"), sources: { text: 1, ocr: 0, ai: 0 } });
    const picture = await sharp(await bench.output("english", "page-1.jpg")).metadata();
    expect(picture.channels).toBe(1); // as the PDF says of it
  });
});
