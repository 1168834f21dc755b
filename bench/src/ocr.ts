import { findProgram } from "@statusplane/test-support";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { readModel } from "../../apps/academy/src/jobs/ocr/reader/models.ts";
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

const ROUNDS = 3;

interface Read {
  readonly text: string;
  readonly ms: number;
}

/**
 * Scans with known text, read as the job reads them (its own process, start included) and by the bare engine: the same
 * tesseract with the same models, as it comes (`-l kor+eng`), and told the language, with the layout that it reads best.
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
      await writeFile(join(folder, `${model}.traineddata`), await readModel(model));
    const ours = (path: string, program: string | null): Promise<Read> =>
      timed(async () => {
        const order = { path, folder, tesseract: program, heifConvert: null, recognises: true, done: [] };
        const lines: string[] = [];
        for await (const message of readPagesApart(order, new AbortController().signal))
          if (message.type === "page") lines.push(...message.reading.lines.map(({ text }) => text));
        return lines.join("\n");
      });
    const bare = (path: string, more: readonly string[]): Promise<Read> =>
      timed(async () => {
        const args = [path, "stdout", "--tessdata-dir", folder, "--oem", "1", ...more];
        const { stdout } = await execute(tesseract, args, { env: { OMP_THREAD_LIMIT: "1" } });
        return stdout;
      });
    console.log(
      "| scan | language | ours | bare, kor+eng | bare, told the language | bundled | ours / bare told, time |",
    );
    console.log("|---|---|---|---|---|---|---|");
    for (const language of ["en", "ko"] as const) {
      for (const scan of SCANS) {
        const path = join(folder, "scan.png");
        await writeFile(path, await makeScan({ ...scan, language }));
        const told = ["-l", language === "ko" ? "kor" : "eng", "--psm", "6", "--dpi", String(scan.dpi)];
        const reads = [
          await quickest(() => ours(path, tesseract)),
          await bare(path, ["-l", "kor+eng"]),
          await quickest(() => bare(path, told)),
          scan === SCANS[0] ? await ours(path, null) : null, // takes long, and reads the same
        ];
        const cells = reads.map((read) => {
          if (read === null) return "";
          const rate = characterErrorRate(KNOWN_TEXT[language].join("\n"), read.text) * 100;
          return `${rate.toFixed(1)} %, ${(read.ms / 1_000).toFixed(1)} s`;
        });
        const ratio = (reads[0]?.ms ?? 0) / (reads[2]?.ms ?? 1);
        console.log(`| ${scan.name} | ${language} | ${cells.join(" | ")} | ${ratio.toFixed(2)} |`);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A busy machine slows a run down, and never speeds one up. */
async function quickest(read: () => Promise<Read>): Promise<Read> {
  const reads: Read[] = [];
  for (let i = 0; i < ROUNDS; i++) reads.push(await read());
  return reads.reduce((best, each) => (each.ms < best.ms ? each : best));
}

async function timed(read: () => Promise<string>): Promise<Read> {
  const startMs = performance.now();
  const text = await read();
  return { text, ms: performance.now() - startMs };
}
