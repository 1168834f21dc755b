import { readFile } from "node:fs/promises";
import type { Line } from "../page-reading.ts";
import { OCR_LIMITS } from "../ocr-limits.ts";
import { ReadingRefused, type OpenDocument, type OpenPage } from "./document.ts";
import type { GreyPicture } from "./grey-picture.ts";
import { allocate, openPdfium, type Pdfium } from "./pdf-library.ts";
import { pdfLines } from "./pdf-lines.ts";

const PASSWORD_ERRORS: ReadonlySet<number> = new Set([4, 5]); // FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
const GREY_FORMAT = 1;
const IMAGE_OBJECT = 3;
const WHITE = 0xffffffff;
/** Annotations are drawn: notes and filled-in forms are part of what people see. */
const DRAW_ANNOTATIONS = 0x01;
const POINTS_PER_INCH = 72;
/** What scans are read at. */
const READ_DPI = 300;
/** A page larger than this is drawn more coarsely, pixels. */
const MAX_DRAWN_PIXELS = 40_000_000;
/** A page with a picture and less text than this is a scan with a stamp on it: its picture is read. */
const MIN_TEXT_LETTERS = 40;
/** A picture that covers more of the page than this may be a scan. */
const SCAN_SHARE = 0.5;

/** @throws {ReadingRefused} document_encrypted, document_unreadable, document_too_large */
export async function openPdf(path: string): Promise<OpenDocument> {
  const bytes = await readFile(path);
  const pdfium = await openPdfium();
  const at = allocate(pdfium, bytes.length);
  pdfium.HEAPU8.set(bytes, at); // stays: PDFium reads pages from it as they are asked for
  const document = pdfium._FPDF_LoadMemDocument(at, bytes.length, 0);
  if (document === 0) {
    const error = pdfium._FPDF_GetLastError();
    const code = PASSWORD_ERRORS.has(error) ? "document_encrypted" : "document_unreadable";
    throw new ReadingRefused(code, `PDFium's error ${error}`);
  }
  const pages = pdfium._FPDF_GetPageCount(document);
  if (pages === 0) throw new ReadingRefused("document_unreadable", "no pages");
  return { pages, open: async (page) => openPdfPage(pdfium, document, page - 1) };
}

async function openPdfPage(pdfium: Pdfium, document: number, index: number): Promise<OpenPage> {
  const page = pdfium._FPDF_LoadPage(document, index);
  if (page === 0) throw new Error(`page ${index + 1} cannot be loaded`);
  try {
    const widthPoints = pdfium._FPDF_GetPageWidth(page);
    const heightPoints = pdfium._FPDF_GetPageHeight(page);
    if (!(widthPoints > 0 && heightPoints > 0)) throw new Error("the page has no size");
    const room = Math.sqrt(MAX_DRAWN_PIXELS / (widthPoints * heightPoints));
    const scale = Math.min(READ_DPI / POINTS_PER_INCH, room);
    const size = {
      width: Math.max(1, Math.round(widthPoints * scale)),
      height: Math.max(1, Math.round(heightPoints * scale)),
    };
    const lines = pdfLines(pdfium, page, size);
    const picture = drawPage(pdfium, page, size);
    return { picture, text: isScan(pdfium, page, lines, widthPoints * heightPoints) ? null : lines };
  } finally {
    pdfium._FPDF_ClosePage(page);
  }
}

/** Whether the page has to be read from its picture. */
function isScan(pdfium: Pdfium, page: number, lines: readonly Line[], pagePoints: number): boolean {
  const letters = lines.reduce((sum, { text }) => sum + (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0), 0);
  if (letters >= MIN_TEXT_LETTERS) return false;
  const objects = pdfium._FPDFPage_CountObjects(page);
  if (letters === 0) return objects > 0;
  return coveredPoints(pdfium, page, objects) > pagePoints * SCAN_SHARE;
}

function coveredPoints(pdfium: Pdfium, page: number, objects: number): number {
  const bounds = allocate(pdfium, 16);
  let covered = 0;
  for (let index = 0; index < objects; index++) {
    const object = pdfium._FPDFPage_GetObject(page, index);
    if (pdfium._FPDFPageObj_GetType(object) !== IMAGE_OBJECT) continue;
    if (pdfium._FPDFPageObj_GetBounds(object, bounds, bounds + 4, bounds + 8, bounds + 12) === 0) continue;
    const [left = 0, bottom = 0, right = 0, top = 0] = pdfium.HEAPF32.subarray(bounds / 4, bounds / 4 + 4);
    covered = Math.max(covered, (right - left) * (top - bottom));
  }
  pdfium.wasmExports.free(bounds);
  return covered;
}

function drawPage(
  pdfium: Pdfium,
  page: number,
  { width, height }: Pick<GreyPicture, "width" | "height">,
): GreyPicture {
  if (width * height > OCR_LIMITS.maxPixels) throw new RangeError("the page is too large to be drawn");
  const bytes = allocate(pdfium, width * height);
  const bitmap = pdfium._FPDFBitmap_CreateEx(width, height, GREY_FORMAT, bytes, width);
  try {
    pdfium._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
    pdfium._FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, DRAW_ANNOTATIONS);
    return { width, height, data: pdfium.HEAPU8.slice(bytes, bytes + width * height) };
  } finally {
    pdfium._FPDFBitmap_Destroy(bitmap);
    pdfium.wasmExports.free(bytes);
  }
}
