import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeXlsx } from "hucre/xlsx";
import sharp from "sharp";
import { makePdf, SCAN, textContent, type PdfPage } from "../../../apps/academy/test/ocr/make-pdf.ts";

const run = promisify(execFile);

export interface VideoInput {
  readonly seconds: number;
  /** e.g. "640x360". */
  readonly size: string;
  readonly extension?: "mp4" | "mov" | "mkv" | "webm";
  /** MPEG-4 Visual, which no browser plays, in an mkv. Default false. */
  readonly mustBeEncoded?: boolean;
}

const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "250", "-pix_fmt", "yuv420p", "-c:a", "aac"];
const VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libvorbis"];
const MPEG4 = ["-c:v", "mpeg4", "-q:v", "4", "-c:a", "aac"];

/** A test picture with a tone, H.264/AAC (VP8/Vorbis for webm), made by ffmpeg. Answers its path. */
export async function makeVideo(
  folder: string,
  { seconds, size, mustBeEncoded = false, extension = mustBeEncoded ? "mkv" : "mp4" }: VideoInput,
): Promise<string> {
  const path = join(folder, `lecture-${size}-${seconds}.${extension}`);
  const codecs = mustBeEncoded ? MPEG4 : extension === "webm" ? VP8 : H264;
  await run("ffmpeg", [
    ...["-hide_banner", "-loglevel", "error", "-y"],
    ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=30:duration=${seconds}`],
    ...["-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`],
    ...codecs,
    path,
  ]);
  return path;
}

const HEADER = ["학번", "이름", "학년", "학교", "반", "전화번호", "학부모연락처", "등록일", "메모", "이메일"];

export interface WorkbookInput {
  readonly rows: number;
  /** The first student number; default 1. */
  readonly from?: number;
  /** Which rows, from 0, have a grade that is refused; default none. */
  readonly isBad?: (index: number) => boolean;
}

/** A students' workbook. Answers its path. */
export async function makeWorkbook(folder: string, input: WorkbookInput): Promise<string> {
  const { rows, from = 1, isBad = () => false } = input;
  const students = Array.from({ length: rows }, (_, i) => {
    const number = from + i;
    const grade = isBad(i) ? 13 : (number % 12) + 1;
    return [
      `S${String(number).padStart(6, "0")}`,
      `학생 ${number}`,
      grade,
      "가람고등학교",
      `${(number % 9) + 1}반`,
      `010-1234-${String(number % 10_000).padStart(4, "0")}`,
      null,
      new Date(Date.UTC(2026, 2, 1 + (number % 28))),
      null,
      `student${number}@example.com`,
    ];
  });
  const path = join(folder, `students-${from}-${rows}-${randomUUID().slice(0, 8)}.xlsx`);
  await writeFile(path, await writeXlsx({ sheets: [{ name: "학생", rows: [HEADER, ...students] }] }));
  return path;
}

/** What stands in {@link makeDocument}'s document. */
export const DOCUMENT_LINES = ["Notice to all parents", "The school festival begins at nine."];

/** A PDF of one page that holds its text. */
export async function makeDocument(folder: string): Promise<string> {
  const path = join(folder, "notice.pdf");
  await writeFile(path, makePdf([{ content: textContent(DOCUMENT_LINES) }]));
  return path;
}

/** What stands in {@link makeScans}' document, page by page. */
export const SCANNED_PAGES: readonly (readonly string[])[] = [
  [
    "도서관 이용 안내",
    "다음 주 월요일부터 열람실을",
    "오전 열 시에 엽니다.",
    "Please return borrowed books",
    "before Friday.",
  ],
  ["The committee met on Tuesday", "to review the yearly budget", "of the school library."],
];
/** Stands below them on the last page, its letters five dots high: it can be read, but not relied on. */
const COARSE_LINE = "Rain moves everything into the gymnasium";
const COARSENESS = 5.6;
const SHEET = { width: 1_240, height: 1_754 } as const; // A4 at 150 dpi

export interface ScansInput {
  /** How many sheets; default those of {@link SCANNED_PAGES}, else that many full of small print, which take seconds each. */
  readonly fullPages?: number;
}

/** A PDF of sheets from a scanner: nothing but pictures. Answers its path. */
export async function makeScans(folder: string, { fullPages }: ScansInput = {}): Promise<string> {
  const path = join(folder, `안내문-${fullPages ?? "scan"}.pdf`);
  const sheets =
    fullPages === undefined
      ? await Promise.all(SCANNED_PAGES.map((lines, page) => scanOf(lines, { hasCoarseLine: page > 0 })))
      : Array<PdfPage>(fullPages).fill(await scanOf(SMALL_PRINT, { points: 8 }));
  await writeFile(path, makePdf(sheets));
  return path;
}

const SMALL_PRINT = Array.from({ length: 60 }, () => SCANNED_PAGES[1]?.join(" ") ?? "");

async function scanOf(
  lines: readonly string[],
  { points = 20, hasCoarseLine = false }: { readonly points?: number; readonly hasCoarseLine?: boolean } = {},
): Promise<PdfPage> {
  const { width, height } = SHEET;
  const size = (points / 72) * 150;
  const row = (text: string, index: number): string =>
    `<text x="120" y="${150 + index * size * 1.5}">${text}</text>`;
  const svg = (inside: string): Buffer =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-size="${size}" font-family="Liberation Serif, Noto Sans CJK KR"><rect width="100%" height="100%" fill="white"/>${inside}</svg>`,
    );
  const coarse = await sharp(svg(hasCoarseLine ? row(COARSE_LINE, lines.length + 1) : ""))
    .resize({ width: Math.round(width / COARSENESS) })
    .png()
    .toBuffer();
  const dots = await sharp(coarse).resize({ width, height, fit: "fill", kernel: "nearest" }).png().toBuffer();
  const bytes = await sharp(svg(lines.map(row).join("")))
    .composite([{ input: dots, blend: "multiply" }])
    .toColourspace("b-w")
    .jpeg()
    .toBuffer();
  return { content: SCAN, jpeg: { bytes, width, height } };
}
