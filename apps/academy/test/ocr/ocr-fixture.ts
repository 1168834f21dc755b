import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { ocrJob, type OcrOptions, type OcrResult } from "../../src/jobs/ocr/index.ts";
import type { ReaderMessage, ReadOrder } from "../../src/jobs/ocr/reader-messages.ts";
import { readPages } from "../../src/jobs/ocr/reader/read-pages.ts";
import { JobBench, nothingTold } from "../job-bench.ts";

export const ENGLISH = [
  "The committee met on Tuesday",
  "to review the yearly budget",
  "of the school library.",
];
export const KOREAN = ["다음 주 월요일부터 도서관", "이용 시간이 오전 열 시", "에서 저녁까지로 늘어납니다"];

/** A sheet with these lines on it, as a scanner would see it; grey. @param dpi default 200 */
export function sheet(lines: readonly string[], { dpi = 200, points = 16 } = {}): Sharp {
  const size = (points / 72) * dpi;
  const width = Math.round(dpi * 5);
  const height = Math.round(size * 1.8 * (lines.length + 2));
  const rows = lines.map(
    (line, i) =>
      `<text x="${dpi * 0.4}" y="${size * 1.8 * (i + 1.5)}" font-size="${size}" font-family="Liberation Serif, Noto Sans CJK KR">${line}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="white"/>${rows.join("")}</svg>`;
  return sharp(Buffer.from(svg)).greyscale();
}

export interface AttemptOptions extends Omit<OcrOptions, "database"> {
  readonly tenant?: string;
  readonly id?: string;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly database?: OcrOptions["database"];
  /** Read in a process of its own, as the product does; else in this one, which starts sooner. */
  readonly apart?: boolean;
}

/** What the reader says of a document, in this process. */
export async function* readHere(order: ReadOrder): AsyncGenerator<ReaderMessage, void, undefined> {
  const messages: ReaderMessage[] = [];
  await readPages(order, (message) => messages.push(message));
  yield* messages;
}

/** Documents, read as the worker would read them. */
export class OcrBench extends JobBench {
  constructor() {
    super("ocr");
  }

  async file(content: Uint8Array | string | Sharp, name = "document"): Promise<string> {
    return this.newFile(content instanceof sharp ? await content.png().toBuffer() : content, `-${name}`);
  }

  /** Claims and runs one attempt. */
  async run(inputPath: string | null, options: AttemptOptions = {}): Promise<OcrResult> {
    const { tenant = "t1", id = `j${this.files}`, attempt = 1, signal, apart = false, ...rest } = options;
    this.told = nothingTold();
    await this.claim(tenant, id, attempt);
    const job = ocrJob({ database: this.database, ...(apart ? {} : { read: readHere }), ...rest });
    const ctx = this.context({ ...{ tenant, id, attempt, inputPath }, ...(signal && { signal }) });
    return (await job.run(ctx, {})) as OcrResult;
  }

  async output(id: string, name: string, { tenant = "t1", attempt = 1 } = {}): Promise<Buffer> {
    return readFile(join(await this.outputFolder(tenant, id, attempt), name));
  }
}
