import { findProgram } from "@statusplane/test-support";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import sharp from "sharp";
import { makePdf, SCAN } from "../../apps/academy/test/ocr/make-pdf.ts";
import { charactersOf } from "../../apps/academy/src/jobs/ocr/reader/korean-alphabet.ts";
import { readPublishedModel } from "../../apps/academy/src/jobs/ocr/reader/models.ts";
import { characterErrorRate } from "./ocr/error-rate.ts";
import { KNOWN_TEXT } from "./ocr/known-text.ts";
import { makeScan, type Scan } from "./ocr/make-scan.ts";

type ReaderProcess = typeof import("../../apps/academy/src/jobs/ocr/reader-process.ts");

const execute = promisify(execFile);
const root = new URL("../../", import.meta.url);

const SCANS: readonly Omit<Scan, "language">[] = [
  { name: "300 dpi, clean", dpi: 300 },
  { name: "300 dpi, noise", dpi: 300, noise: 28 },
  { name: "150 dpi", dpi: 150, noise: 10 },
  { name: "100 dpi", dpi: 100, noise: 10 },
  { name: "turned by 90°", dpi: 300, turned: 90 },
  { name: "turned by 180°", dpi: 300, turned: 180 },
  { name: "turned by 270°", dpi: 300, turned: 270 },
  { name: "skewed by 3°", dpi: 300, turned: 3 },
  { name: "skewed by -5°", dpi: 300, turned: -5 },
  { name: "skewed by 7°", dpi: 300, turned: 7 },
];
const MORE_KOREAN: readonly Omit<Scan, "language">[] = [
  { name: "300 dpi, Nanum Myeongjo", dpi: 300, font: "NanumMyeongjo" },
];

const DOCUMENT_PAGES = 4;
const CANCELS = 5;

interface Read {
  readonly text: string;
  readonly ms: number;
}

/**
 * Scans with known text, read as the job reads them (its own process, start included) and by the bare engine: the same
 * tesseract with the models as they are published, as it comes (`-l kor+eng`), and told the language, with the layout that
 * it reads best.
 * Then a document of several pages, and cancels in the middle of a page.
 */
export async function run(): Promise<void> {
  const tesseract = findProgram("tesseract");
  if (tesseract === null) {
    console.log(
      "tesseract is not installed: there is no bare engine to compare with (apt-get install tesseract-ocr)",
    );
    return;
  }
  await execute("npx", ["tsc", "-b", "apps/academy"], { cwd: root });
  const entry = new URL("apps/academy/dist/jobs/ocr/reader-process.js", root);
  const { readPagesApart } = (await import(entry.href)) as ReaderProcess;
  const folder = await mkdtemp(join(tmpdir(), "statusplane-bench-ocr-"));
  try {
    for (const model of ["kor", "eng"] as const)
      await writeFile(join(folder, `${model}.traineddata`), await readPublishedModel(model));
    const engines = new Engines({ folder, tesseract, readPagesApart });
    await tellUnlisted();
    for (const language of ["en", "ko"] as const) {
      await compareScans(engines, language);
      await compareDocument(engines, language);
    }
    await cancelMidPage(engines);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface EnginesOptions {
  readonly folder: string;
  readonly tesseract: string;
  readonly readPagesApart: ReaderProcess["readPagesApart"];
}

/** The job's reader and the bare engine. */
class Engines {
  readonly folder: string;
  readonly #options: EnginesOptions;

  constructor(options: EnginesOptions) {
    this.folder = options.folder;
    this.#options = options;
  }

  /** @param bundled by the engine that comes along. Default: the installed one. */
  ours(path: string, { bundled = false, signal = new AbortController().signal } = {}): Promise<Read> {
    const { folder, tesseract, readPagesApart } = this.#options;
    return timed(async () => {
      const program = bundled ? null : tesseract;
      const order = { path, folder, tesseract: program, heifConvert: null, recognises: true, done: [] };
      const lines: string[] = [];
      for await (const message of readPagesApart(order, signal))
        if (message.type === "page") lines.push(...message.reading.lines.map(({ text }) => text));
      return lines.join("\n");
    });
  }

  /** As it comes, for both languages. */
  asItComes(path: string): Promise<Read> {
    return this.#bare(path, ["-l", "kor+eng"]);
  }

  told(path: string, { language, dpi }: Pick<Scan, "language" | "dpi">): Promise<Read> {
    return this.#bare(path, ["-l", language === "ko" ? "kor" : "eng", "--psm", "6", "--dpi", String(dpi)]);
  }

  #bare(path: string, more: readonly string[]): Promise<Read> {
    const { folder, tesseract } = this.#options;
    return timed(async () => {
      const args = [path, "stdout", "--tessdata-dir", folder, "--oem", "1", ...more];
      const { stdout } = await execute(tesseract, args, { env: { OMP_THREAD_LIMIT: "1" } });
      return stdout;
    });
  }
}

/** What the bare engine cannot get right, however well it sees. */
async function tellUnlisted(): Promise<void> {
  const listed = charactersOf(await readPublishedModel("kor"));
  const letters = Array.from(KNOWN_TEXT.ko.join("\n").replaceAll(/\s+/g, " "));
  const unlisted = letters.filter((letter) => letter !== " " && !listed.has(letter));
  const percent = ((unlisted.length / letters.length) * 100).toFixed(1);
  console.log(`of the Korean text ${percent} % is in no list of the published model: ${unlisted.join("")}`);
}

async function compareScans(engines: Engines, language: Scan["language"]): Promise<void> {
  console.log(
    `\n| ${language} | ours | bare, kor+eng | bare, told | bundled | time: ours ÷ kor+eng, ÷ told |`,
  );
  console.log("|---|---|---|---|---|---|");
  const rounds = 2;
  for (const scan of [...SCANS, ...(language === "ko" ? MORE_KOREAN : [])]) {
    const path = join(engines.folder, "scan.png");
    await writeFile(path, await makeScan({ ...scan, language }));
    const isFirst = scan === SCANS[0];
    const times = isFirst ? rounds : 1;
    const ours = await quickest(times, () => engines.ours(path));
    const asItComes = await quickest(times, () => engines.asItComes(path));
    const told = await quickest(times, () => engines.told(path, { ...scan, language }));
    const bundled = isFirst ? await engines.ours(path, { bundled: true }) : null; // takes long, and reads the same
    const cells = [ours, asItComes, told, bundled].map((read) => {
      if (read === null) return "";
      const rate = characterErrorRate(KNOWN_TEXT[language].join("\n"), read.text) * 100;
      return `${rate.toFixed(1)} %, ${(read.ms / 1_000).toFixed(1)} s`;
    });
    const ratios = [asItComes, told].map(({ ms }) => (ours.ms / ms).toFixed(2)).join(", ");
    console.log(`| ${scan.name} | ${cells.join(" | ")} | ${ratios} |`);
  }
}

/** Pages of a document, one after the other, by one start of each. */
async function compareDocument(engines: Engines, language: Scan["language"]): Promise<void> {
  const scan = await makeScan({ name: "", language, dpi: 300 });
  const { data, info } = await sharp(scan)
    .jpeg({ quality: 95 })
    .toColourspace("b-w")
    .toBuffer({ resolveWithObject: true });
  const pdf = join(engines.folder, "document.pdf");
  const page = { content: SCAN, jpeg: { bytes: data, width: info.width, height: info.height } };
  await writeFile(pdf, makePdf(Array<typeof page>(DOCUMENT_PAGES).fill(page)));
  const picture = join(engines.folder, "page.jpg");
  await writeFile(picture, data);
  const list = join(engines.folder, "pages.txt");
  await writeFile(list, Array<string>(DOCUMENT_PAGES).fill(picture).join("\n"));
  const ours = await engines.ours(pdf);
  const asItComes = await engines.asItComes(list);
  const told = await engines.told(list, { language, dpi: 300 });
  const seconds = [ours, asItComes, told].map(({ ms }) => `${(ms / 1_000).toFixed(1)} s`).join(", ");
  const ratios = [asItComes, told].map(({ ms }) => (ours.ms / ms).toFixed(2)).join(", ");
  console.log(
    `\n${language}, ${DOCUMENT_PAGES} pages: ours, kor+eng, told: ${seconds}; ours ÷ each: ${ratios}`,
  );
}

/** From the abort to the end of the process and all that it has started. */
async function cancelMidPage(engines: Engines): Promise<void> {
  const path = join(engines.folder, "scan.png");
  await writeFile(path, await makeScan({ name: "", language: "ko", dpi: 300 }));
  const slowest: number[] = [];
  for (let round = 0; round < CANCELS; round++) {
    const controller = new AbortController();
    const read = engines.ours(path, { bundled: round % 2 === 1, signal: controller.signal });
    const abortedAt = new Promise<number>((resolve) =>
      setTimeout(() => {
        resolve(performance.now());
        controller.abort(new Error("cancelled"));
      }, 800),
    );
    await read.then(
      () => Promise.reject(new Error("it was read before it could be cancelled")),
      () => undefined,
    );
    slowest.push(performance.now() - (await abortedAt));
  }
  const seconds = slowest.map((ms) => (ms / 1_000).toFixed(2)).join(", ");
  console.log(`\ncancelled in the middle of a page, until its processes are gone: ${seconds} s`);
}

/** A busy machine slows a run down, and never speeds one up. */
async function quickest(rounds: number, read: () => Promise<Read>): Promise<Read> {
  const reads: Read[] = [];
  for (let i = 0; i < rounds; i++) reads.push(await read());
  return reads.reduce((best, each) => (each.ms < best.ms ? each : best));
}

async function timed(read: () => Promise<string>): Promise<Read> {
  const startMs = performance.now();
  const text = await read();
  return { text, ms: performance.now() - startMs };
}
