import { mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { documentForm } from "../document-form.ts";
import { LOW_CONFIDENCE, OCR_LIMITS } from "../ocr-limits.ts";
import {
  languageOf,
  meanConfidence,
  textOf,
  type Line,
  type PageProblem,
  type PageReading,
  type PageTurn,
} from "../page-reading.ts";
import { pictureName, type ReaderMessage, type ReadOrder } from "../reader-messages.ts";
import { openBundledEngine } from "./bundled-engine.ts";
import { ReadingRefused, type OpenDocument } from "./document.ts";
import { PageTooSlow, type Engine, type Model } from "./engine.ts";
import { turned, writeShown, type GreyPicture } from "./grey-picture.ts";
import { openHeic, openImage } from "./image-document.ts";
import { openInstalledEngine } from "./installed-engine.ts";
import { layPage, type LaidPage } from "./lay-page.ts";
import { openPdf } from "./pdf-document.ts";
import { recognisePage } from "./recognise-page.ts";

const UPRIGHT: PageTurn = { quarter: 0, skew: 0 };
/** The first bytes that tell what a file is. */
const HEAD_BYTES = 1_100;

type Tell = (message: ReaderMessage) => void;
type Shown = Pick<PageReading, "width" | "height">;

/** A page that is open; `laid` where it has to be recognised. */
interface ReadyPage {
  readonly picture: GreyPicture;
  readonly text: readonly Line[] | null;
  readonly laid: LaidPage | null;
}

/** Carries out an order, and tells what it finds. Never rejects for what a document holds. */
export async function readPages(order: ReadOrder, tell: Tell): Promise<void> {
  const workFolder = join(order.folder, ".reading");
  try {
    await mkdir(workFolder, { recursive: true });
    await new DocumentReading(order, workFolder, tell).run();
    tell({ type: "done" });
  } catch (error) {
    const code = failureOf(error);
    if (code === null) throw error;
    tell({ type: "failed", code, detail: error instanceof Error ? error.message : String(error) });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

function failureOf(error: unknown): ReadingRefused["code"] | null {
  if (error instanceof ReadingRefused) return error.code;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT") return "storage_full";
  if (isOutOfMemory(error)) return "document_too_complex";
  return null;
}

/** Of a WebAssembly module, a buffer, or a program that was started. */
function isOutOfMemory(error: unknown): boolean {
  return /out of memory|memory access out of bounds|Aborted\(|Array buffer allocation|ENOMEM/i.test(
    error instanceof Error ? `${error.name} ${error.message}` : String(error),
  );
}

class DocumentReading {
  readonly #order: ReadOrder;
  readonly #workFolder: string;
  readonly #tell: Tell;
  #engine: Engine | undefined;
  /** What read the page before; null before the first. */
  #model: Model | null = null;
  /** The next page, made ready while the one before was being read. */
  #ahead: { readonly page: number; readonly ready: Promise<ReadyPage> } | null = null;

  constructor(order: ReadOrder, workFolder: string, tell: Tell) {
    this.#order = order;
    this.#workFolder = workFolder;
    this.#tell = tell;
  }

  async run(): Promise<void> {
    const document = await this.#open();
    if (document.pages > OCR_LIMITS.maxPages)
      throw new ReadingRefused("document_too_large", `${document.pages} pages`);
    this.#tell({ type: "opened", pages: document.pages });
    const done = new Map(this.#order.done.map(({ page, turn }) => [page, turn]));
    for (let page = 1; page <= document.pages; page++) {
      const turn = done.get(page);
      if (turn === undefined) await this.#read(document, page);
      else await this.#pictureAgain(document, page, turn);
    }
  }

  async #open(): Promise<OpenDocument> {
    const { path, heifConvert } = this.#order;
    const { size } = await stat(path).catch((error: unknown) => {
      throw new ReadingRefused("input_gone", "no such file", { cause: error });
    });
    if (size > OCR_LIMITS.maxFileBytes) throw new ReadingRefused("document_too_large", `${size} bytes`);
    const form = documentForm(await firstBytes(path));
    if (form === null) throw new ReadingRefused("not_a_document", "unknown first bytes");
    if (form === "pdf") return openPdf(path);
    if (form === "heic")
      return openHeic(path, { converter: heifConvert, into: join(this.#workFolder, "heic.png") });
    return openImage(path);
  }

  async #read(document: OpenDocument, page: number): Promise<void> {
    this.#tell({ type: "progress", page, percent: 0 });
    let ready: ReadyPage;
    try {
      ready = await (this.#ahead?.page === page ? this.#ahead.ready : this.#makeReady(document, page));
    } catch (error) {
      if (failureOf(error) !== null) throw error;
      this.#tell({ type: "page", reading: unread(page, "unreadable"), needs: "nothing" });
      return;
    }
    this.#tell({ type: "progress", page, percent: 10 });
    const { picture, text, laid } = ready;
    if (text !== null) await this.#textPage(page, picture, text);
    else if (laid !== null) await this.#recognisedPage(page, laid, () => this.#lookAhead(document, page + 1));
    else await this.#picturedPage(page, picture);
  }

  async #makeReady(document: OpenDocument, page: number): Promise<ReadyPage> {
    const { picture, text } = await document.open(page);
    return { picture, text, laid: text === null && this.#order.recognises ? await layPage(picture) : null };
  }

  #lookAhead(document: OpenDocument, page: number): void {
    const isDone = this.#order.done.some((each) => each.page === page);
    if (page > document.pages || isDone || this.#ahead?.page === page) return;
    const ready = this.#makeReady(document, page);
    ready.catch(() => undefined); // told when it is this page's turn
    this.#ahead = { page, ready };
  }

  async #textPage(page: number, picture: GreyPicture, lines: readonly Line[]): Promise<void> {
    const shown = await this.#show(page, picture);
    const reading = readingOf(page, { source: "text", turn: UPRIGHT, lines, picture, shown });
    this.#tell({ type: "page", reading, needs: "nothing" });
  }

  async #picturedPage(page: number, picture: GreyPicture): Promise<void> {
    const shown = await this.#show(page, picture);
    const reading = readingOf(page, { source: "ai", turn: UPRIGHT, lines: [], picture, shown });
    this.#tell({ type: "page", reading, needs: "reader" });
  }

  /** @param whileReading called while another process reads the page */
  async #recognisedPage(page: number, laid: LaidPage, whileReading: () => void): Promise<void> {
    this.#engine ??= await this.#openEngine();
    let early: { readonly picture: GreyPicture; readonly shown: Promise<Shown> } | null = null;
    const onProgress = (percent: number): void =>
      this.#tell({ type: "progress", page, percent: 10 + percent * 0.85 });
    const onReading = (picture: GreyPicture): void => {
      early = { picture, shown: this.#show(page, picture) };
      early.shown.catch(() => undefined); // told below
      whileReading();
    };
    const shownOf = async (picture: GreyPicture): Promise<Shown> => {
      const shown = await early?.shown;
      return shown !== undefined && early?.picture === picture ? shown : this.#show(page, picture);
    };
    try {
      const read = await recognisePage(this.#engine, laid, { hint: this.#model, onProgress, onReading });
      const reading = readingOf(page, { source: "ocr", ...read, shown: await shownOf(read.picture) });
      if (reading.language !== null) this.#model = reading.language === "ko" ? "kor" : "eng";
      this.#tell({ type: "page", reading, needs: "nothing" });
    } catch (error) {
      if (!(error instanceof PageTooSlow)) throw error;
      const shown = await shownOf(laid.page);
      this.#tell({ type: "page", reading: { ...unread(page, "too_slow"), ...shown }, needs: "nothing" });
    }
  }

  async #openEngine(): Promise<Engine> {
    const { tesseract } = this.#order;
    return tesseract === null ? openBundledEngine() : openInstalledEngine(tesseract, this.#workFolder);
  }

  async #pictureAgain(document: OpenDocument, page: number, turn: PageTurn): Promise<void> {
    try {
      const { picture } = await document.open(page);
      await this.#show(page, await turned(picture, turn));
    } catch (error) {
      if (failureOf(error) !== null) throw error; // else it could not be read the first time either
    }
    this.#tell({ type: "again", page });
  }

  #show(page: number, picture: GreyPicture): Promise<Shown> {
    return writeShown(picture, join(this.#order.folder, pictureName(page)));
  }
}

async function firstBytes(path: string): Promise<Uint8Array> {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

function unread(page: number, problem: PageProblem): PageReading {
  return {
    ...{ page, source: "ocr", width: 0, height: 0, turn: UPRIGHT, language: null, confidence: null },
    ...{ lines: [], problem, tokens: null },
  };
}

interface Read {
  readonly source: PageReading["source"];
  readonly turn: PageTurn;
  readonly lines: readonly Line[];
  /** What boxes are within. */
  readonly picture: GreyPicture;
  readonly shown: Pick<PageReading, "width" | "height">;
}

/** Boxes as they are in the picture that people see. */
function readingOf(page: number, { source, turn, lines, picture, shown }: Read): PageReading {
  const scale = shown.width / picture.width;
  const scaled = lines.map(({ text, box, confidence }): Line => {
    const shownBox = box && {
      x: Math.round(box.x * scale),
      y: Math.round(box.y * scale),
      width: Math.max(1, Math.round(box.width * scale)),
      height: Math.max(1, Math.round(box.height * scale)),
    };
    return { text, box: shownBox, confidence: confidence === null ? null : Math.round(confidence) };
  });
  const confidence = meanConfidence(scaled);
  const problem = confidence !== null && confidence < LOW_CONFIDENCE ? "low_confidence" : null;
  const language = languageOf(textOf({ lines: scaled }));
  return { page, source, ...shown, turn, language, confidence, lines: scaled, problem, tokens: null };
}
