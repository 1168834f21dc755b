import { JobError } from "@statusplane/core";
import { defineJob, type JobContext, type JobDefinition } from "@statusplane/worker";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { confinementRisks, findProgram } from "../../ffmpeg/index.ts";
import type { PageReader } from "./ai-reader.ts";
import { writeDocuments } from "./write-documents.ts";
import { looksLikeDocument } from "./looks-like-document.ts";
import { OCR_ERRORS, readingError } from "./ocr-errors.ts";
import { OcrSummary, type OcrResult } from "./ocr-result.ts";
import type { PageProblem, PageReading } from "./page-reading.ts";
import { findPages, writePage, type OcrDatabase } from "./page-rows.ts";
import { readingName, type DonePage, type ReaderMessage, type ReadOrder } from "./reader-messages.ts";
import { readPagesApart } from "./reader-process.ts";

export interface OcrOptions {
  readonly database: OcrDatabase;
  /** Reads pages that hold no text of their own. Default: recognition on this machine. */
  readonly ai?: PageReader | null;
  /**
   * Carries out the reading. Default: in a process of its own, confined and limited; nothing else may be given files of
   * strangers.
   */
  readonly read?: (order: ReadOrder, signal: AbortSignal) => AsyncIterable<ReaderMessage>;
  /** Where the programs are; null for none. Default: as found in PATH. */
  readonly programs?: () => Promise<Pick<ReadOrder, "tesseract" | "heifConvert">>;
}

const STEPS = [
  { key: "open", label: { ko: "문서 열기", en: "Opening" }, weight: 2 },
  { key: "read", label: { ko: "글자 읽기", en: "Reading pages" }, weight: 95 },
  { key: "write", label: { ko: "마무리", en: "Finishing" }, weight: 3 },
] as const;

type Context = JobContext<(typeof STEPS)[number]["key"]>;

/** Of the document's beginning, while it is being read. */
const PARTIAL_CHARACTERS = 600;
/** What another attempt may read better is read again by it. */
const STAYS: ReadonlySet<PageProblem | null> = new Set([null, "low_confidence"]);

/**
 * The job type `ocr`: the text of a picture or PDF, page by page. Its errors: input_gone, not_a_document,
 * document_unreadable, document_encrypted, document_too_large, document_too_complex, heic_not_supported, ai_refused,
 * which another try would not mend; fenced, ai_unavailable, storage_full, database_unavailable. A page that cannot be
 * read never fails it: the outcome is `partial` and names the page.
 */
export function ocrJob(options: OcrOptions): JobDefinition {
  return defineJob({
    type: "ocr",
    label: { ko: "문서 글자 인식", en: "Document text" },
    errors: Object.values(OCR_ERRORS),
    input: "file",
    looksRight: looksLikeDocument,
    concurrency: 1,
    steps: STEPS,
    risks: () => confinementRisks("what reads documents"),
    run: (ctx) => new DocumentJob(ctx, options).run(),
  });
}

/** Debian's tesseract reads several times faster than the one that came with us, and as well. */
async function programsHere(): Promise<Pick<ReadOrder, "tesseract" | "heifConvert">> {
  const [tesseract, heifConvert] = await Promise.all([findProgram("tesseract"), findProgram("heif-convert")]);
  return { tesseract, heifConvert };
}

/** One attempt. */
class DocumentJob {
  readonly #ctx: Context;
  readonly #options: OcrOptions;
  readonly #summary = new OcrSummary();
  #folder = "";
  #pages = 0;

  constructor(ctx: Context, options: OcrOptions) {
    this.#ctx = ctx;
    this.#options = options;
  }

  async run(): Promise<OcrResult> {
    const ctx = this.#ctx;
    const { inputPath, signal } = ctx;
    if (inputPath === null) throw new JobError("input_gone");
    const { ai = null, read = readPagesApart, programs = programsHere } = this.#options;
    ctx.step("open");
    this.#folder = await ctx.outputFolder();
    const order: ReadOrder = {
      ...{ path: inputPath, folder: this.#folder, ...(await programs()) },
      ...{ recognises: ai === null, done: ctx.attempt === 1 ? [] : await this.#donePages() },
    };
    for await (const message of read(order, signal)) await this.#heard(message);
    signal.throwIfAborted();
    ctx.step("write");
    await writeDocuments(ctx, this.#pages);
    return this.#summary.result(`/api/v1/jobs/${ctx.ref.id}/pages/`);
  }

  async #donePages(): Promise<readonly DonePage[]> {
    const done: DonePage[] = [];
    for await (const reading of findPages(this.#options.database, this.#ctx.ref)) {
      if (!STAYS.has(reading.problem)) continue;
      await this.#keep(reading);
      done.push({ page: reading.page, turn: reading.turn });
    }
    return done;
  }

  async #heard(message: ReaderMessage): Promise<void> {
    const ctx = this.#ctx;
    switch (message.type) {
      case "failed":
        throw new JobError(readingError(message.code), { cause: new Error(message.detail) });
      case "opened":
        this.#pages = message.pages;
        ctx.step("read");
        this.#tell();
        break;
      case "progress":
        this.#progress(message.page, message.percent);
        break;
      case "page":
        await this.#read(message.needs === "reader" ? await this.#askAi(message.reading) : message.reading);
        break;
      case "again":
        this.#progress(message.page, 100);
        break;
      case "done":
        break;
    }
  }

  async #askAi(pictured: PageReading): Promise<PageReading> {
    const { ai } = this.#options;
    if (ai === undefined || ai === null) throw new Error("a page was left to a reader that there is not");
    return ai(pictured, {
      folder: this.#folder,
      tokensUsed: this.#summary.tokens,
      signal: this.#ctx.signal,
    });
  }

  async #read(reading: PageReading): Promise<void> {
    await writePage(this.#options.database, this.#ctx, reading);
    await this.#keep(reading);
    this.#progress(reading.page, 100);
    this.#tell();
  }

  /** In the attempt's folder, where pages are fetched from. */
  async #keep(reading: PageReading): Promise<void> {
    this.#summary.add(reading);
    await writeFile(join(this.#folder, readingName(reading.page)), JSON.stringify(reading));
  }

  #progress(page: number, percent: number): void {
    this.#ctx.progress(((page - 1 + percent / 100) / Math.max(1, this.#pages)) * 100);
  }

  #tell(): void {
    const soFar = { pages: this.#pages, pages_read: this.#summary.pages };
    this.#ctx.partial({ ...soFar, text: this.#summary.firstLines(PARTIAL_CHARACTERS) });
  }
}
