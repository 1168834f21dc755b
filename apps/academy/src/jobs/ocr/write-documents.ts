import type { JobContext } from "@statusplane/worker";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { textOf, type PageReading } from "./page-reading.ts";
import { pictureName, readingName } from "./reader-messages.ts";
import { SearchablePdf } from "./searchable-pdf.ts";

/** What a reading declares: the text, the pages as they were read, and pictures with the text over them. */
export const TEXT_NAME = "text.txt";
export const PAGES_NAME = "pages.json";
export const PDF_NAME = "searchable.pdf";

/** Writes them from the pages in the attempt's folder, a page at a time. */
export async function writeDocuments(
  ctx: Pick<JobContext, "output" | "outputFolder" | "signal" | "progress">,
  pages: number,
): Promise<void> {
  const folder = await ctx.outputFolder();
  await using text = await open(await ctx.output(TEXT_NAME), "w");
  await using list = await open(await ctx.output(PAGES_NAME), "w");
  const pdf = await SearchablePdf.create(await ctx.output(PDF_NAME));
  try {
    for (let page = 1; page <= pages; page++) {
      ctx.signal.throwIfAborted();
      const json = await readFile(join(folder, readingName(page)), "utf8");
      const reading = JSON.parse(json) as PageReading; // written by this very attempt
      const told = { page, text: textOf(reading), confidence: reading.confidence, lines: reading.lines };
      await list.writeFile(`${page === 1 ? "[" : ",\n"}${JSON.stringify(told)}`);
      await text.writeFile(`${page === 1 ? "" : "\n\f"}${told.text}\n`);
      if (reading.width > 0) await pdf.add(reading, await readFile(join(folder, pictureName(page))));
      ctx.progress((page / pages) * 100);
    }
    await list.writeFile("]\n");
    await pdf.finish();
  } finally {
    await pdf.close();
  }
}
