import { StatusplaneError } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { readdir, readFile } from "node:fs/promises";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { OcrDatabase } from "../../src/jobs/ocr/index.ts";
import type { ReaderMessage, ReadOrder } from "../../src/jobs/ocr/reader-messages.ts";
import { readPagesApart } from "../../src/jobs/ocr/reader-process.ts";
import { makePdf, SCAN, textContent, type PdfPage } from "./make-pdf.ts";
import { ENGLISH, OcrBench, sheet } from "./ocr-fixture.ts";

const bench = new OcrBench();

const pagesOf = (count: number): PdfPage[] =>
  Array.from({ length: count }, (_, i) => ({
    content: textContent([...ENGLISH, `This is page ${i + 1} of the document.`]),
  }));

/** Lets so many pages pass, then does something instead of the next. */
function afterPages(pages: number, instead: () => Promise<void>): OcrDatabase {
  let left = pages;
  return {
    query: async (cause, query) => {
      if (query.name === "ocr-write-page" && left-- === 0) await instead();
      return bench.database.query(cause, query);
    },
  };
}

/** Pids of processes whose command line names this file. */
async function readersOf(path: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, i) => lines[i]?.includes(`${path}"`));
}

describe("an attempt", { timeout: 120_000 }, () => {
  it("goes on after the pages that the one before has read, and has all their pictures", async () => {
    const path = await bench.file(makePdf(pagesOf(4)));
    const asked: ReadOrder[] = [];
    const said: ReaderMessage[] = [];
    const read = async function* (order: ReadOrder, signal: AbortSignal): AsyncGenerator<ReaderMessage> {
      asked.push(order);
      for await (const message of readPagesApart(order, signal)) {
        said.push(message);
        yield message;
      }
    };
    const lost = async (): Promise<void> => Promise.reject(new StatusplaneError("database_unavailable"));
    const first = bench.run(path, { id: "resumed", database: afterPages(2, lost), read });
    await expect(first).rejects.toMatchObject({ code: "database_unavailable" });
    said.length = 0;
    const result = await bench.run(path, { id: "resumed", attempt: 2, read });
    expect(asked[1]?.done.map(({ page }) => page)).toEqual([1, 2]);
    expect(said.map(({ type }) => type).filter((type) => type !== "progress")).toEqual([
      ...["opened", "again", "again", "page", "page", "done"],
    ]);
    expect(result).toMatchObject({ outcome: "complete", pages: 4, pages_read: 4 });
    expect(result.text).toMatch(/page 1 of[^]*page 2 of[^]*page 3 of[^]*page 4 of/);
    const folder = await readdir(await bench.outputFolder("t1", "resumed", 2));
    expect(folder.toSorted()).toEqual(
      [
        ...["page-1.jpg", "page-1.json", "page-2.jpg", "page-2.json", "page-3.jpg", "page-3.json"],
        ...["page-4.jpg", "page-4.json", "pages.json", "searchable.pdf", "text.txt"],
      ].toSorted(),
    );
  });

  it("writes nothing once it is fenced off", async () => {
    const path = await bench.file(makePdf(pagesOf(3)));
    const takeOver = async (): Promise<void> => bench.claim("t1", "fenced", 2);
    const stale = bench.run(path, { id: "fenced", database: afterPages(1, takeOver) });
    await expect(stale).rejects.toMatchObject({ code: "fenced" });
    const { rows } = await bench.pool.query(
      "SELECT page, attempt FROM statusplane_academy.ocr_page WHERE job_id = 'fenced'",
    );
    expect(rows).toEqual([{ page: 1, attempt: 1 }]);
  });

  it("ends its process when it is cancelled, in the middle of a page", async () => {
    const path = await bench.file(sheet(Array<string>(30).fill(ENGLISH.join(" ")), { dpi: 300, points: 9 }));
    const controller = new AbortController();
    const run = bench.run(path, { id: "cancelled", apart: true, signal: controller.signal });
    run.catch(() => undefined); // looked at below
    await eventually("it reads", () =>
      Promise.resolve(bench.told.percents.some((percent) => percent >= 10) || null),
    );
    expect(await readersOf(path)).not.toEqual([]);
    controller.abort(new StatusplaneError("cancelled"));
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
    expect(await readersOf(path)).toEqual([]);
  });

  it("keeps equal ids of two tenants apart, and what it kept goes with its job", async () => {
    const path = await bench.file(makePdf(pagesOf(1)));
    for (const tenant of ["one", "two"]) await bench.run(path, { tenant, id: "same" });
    await bench.pool.query("DELETE FROM statusplane.job WHERE tenant_id = 'one' AND id = 'same'");
    const { rows } = await bench.pool.query(
      "SELECT tenant_id FROM statusplane_academy.ocr_page WHERE job_id = 'same'",
    );
    expect(rows).toEqual([{ tenant_id: "two" }]);
  });
});

describe("a document of several kinds of pages", { timeout: 120_000 }, () => {
  it("has its text taken where it has some, and its pictures read", async () => {
    const scan = await sheet(["SCANNED PAGE", ...ENGLISH])
      .resize(595 * 2, 842 * 2, { fit: "contain", background: "#fff" })
      .toColourspace("b-w")
      .jpeg()
      .toBuffer();
    const jpeg = { bytes: scan, width: 595 * 2, height: 842 * 2 };
    const path = await bench.file(
      makePdf([
        { content: textContent([...ENGLISH, "Typed, not scanned."]) },
        { content: SCAN, jpeg },
        { content: "" },
      ]),
    );
    const result = await bench.run(path, { id: "mixed" });
    expect(result).toMatchObject({ outcome: "complete", pages: 3, sources: { text: 2, ocr: 1, ai: 0 } });
    expect(result.text).toMatch(/Typed, not scanned\.[^]*SCANNED PAGE\n/);
  });

  it("is read upright however its sheets lay in the scanner", async () => {
    const upright = await sheet(ENGLISH).toBuffer();
    const turned = await Promise.all(
      [180, 94].map(async (degrees) => ({
        degrees,
        path: await bench.file(
          await sharp(upright).rotate(degrees, { background: "#ffffff" }).png().toBuffer(),
        ),
      })),
    );
    for (const { degrees, path } of turned) {
      expect([degrees, (await bench.run(path, { id: `turned${degrees}` })).text]).toEqual([
        degrees,
        ENGLISH.join("\n"),
      ]);
    }
  });

  it("is partial, and names the page, where the text is none to rely on", async () => {
    const noise = await sharp(await sheet(ENGLISH, { dpi: 60 }).blur(1.6).toBuffer())
      .png()
      .toBuffer();
    const result = await bench.run(await bench.file(noise), { id: "doubtful" });
    expect(result).toMatchObject({ outcome: "partial", problems: [{ page: 1, problem: "low_confidence" }] });
  });

  it("tells that there is no text where there is none", async () => {
    const result = await bench.run(await bench.file(sheet([])), { id: "blank" });
    expect(result).toMatchObject({ outcome: "none", text: "", confidence: null });
  });
});
