import type { Box, Line } from "../page-reading.ts";
import { allocate, type Pdfium } from "./pdf-library.ts";

interface Letter {
  readonly text: string;
  readonly box: Box;
}

/** A page may hold half of a letter that takes two units: no database and no other program takes it. */
const HALF_LETTERS = /\p{Surrogate}/gu;
/** More letters than this stand on no page; the rest is left out. */
const MAX_LETTERS = 200_000;

/** The text that a PDF's page holds, as its lines. @param size of the picture that boxes are told in, pixels. */
export function pdfLines(
  pdfium: Pdfium,
  page: number,
  size: { readonly width: number; readonly height: number },
): readonly Line[] {
  const text = pdfium._FPDFText_LoadPage(page);
  if (text === 0) return [];
  const lines: Line[] = [];
  let letters: Letter[] = [];
  const endLine = (): void => {
    const line = lineOf(letters);
    if (line !== null) lines.push(line);
    letters = [];
  };
  try {
    const boxes = new LetterBoxes(pdfium, page, size);
    const count = Math.min(MAX_LETTERS, pdfium._FPDFText_CountChars(text));
    for (let index = 0; index < count; index++) {
      const code = pdfium._FPDFText_GetUnicode(text, index);
      if (code === 10 || code === 13) endLine();
      else letters.push({ text: letterOf(code), box: boxes.of(text, index) });
    }
    endLine();
    boxes.free();
    return lines;
  } finally {
    pdfium._FPDFText_ClosePage(text);
  }
}

/** Control characters and what a font gives no letter to are spaces; the rest is a UTF-16 unit or a code point. */
function letterOf(code: number): string {
  if (code < 32 || code === 0xfffe || code === 0xffff || code > 0x10ffff) return " ";
  return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
}

function lineOf(letters: readonly Letter[]): Line | null {
  const text = letters
    .map((letter) => letter.text)
    .join("")
    .normalize("NFC")
    .replaceAll(/\s+/g, " ")
    .trim();
  if (text === "") return null;
  const boxes = letters.filter((letter) => letter.text.trim() !== "").map(({ box }) => box);
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return {
    text: text.replaceAll(HALF_LETTERS, "\uFFFD"),
    box: { x, y, width: right - x, height: bottom - y },
    confidence: null,
  };
}

/** Where letters stand in the picture. */
class LetterBoxes {
  readonly #pdfium: Pdfium;
  readonly #page: number;
  readonly #size: { readonly width: number; readonly height: number };
  readonly #room: number;

  constructor(pdfium: Pdfium, page: number, size: { readonly width: number; readonly height: number }) {
    this.#pdfium = pdfium;
    this.#page = page;
    this.#size = size;
    this.#room = allocate(pdfium, 40);
  }

  free(): void {
    this.#pdfium.wasmExports.free(this.#room);
  }

  of(text: number, index: number): Box {
    const at = this.#room;
    this.#pdfium._FPDFText_GetCharBox(text, index, at, at + 8, at + 16, at + 24);
    const [left = 0, right = 0, bottom = 0, top = 0] = this.#pdfium.HEAPF64.subarray(at / 8, at / 8 + 4);
    const first = this.#inPicture(left, top);
    const second = this.#inPicture(right, bottom);
    return {
      x: Math.min(first.x, second.x),
      y: Math.min(first.y, second.y),
      width: Math.abs(first.x - second.x),
      height: Math.abs(first.y - second.y),
    };
  }

  /** By PDFium itself: it knows how the page is turned and cut. */
  #inPicture(x: number, y: number): { readonly x: number; readonly y: number } {
    const { width, height } = this.#size;
    const at = this.#room + 32;
    this.#pdfium._FPDF_PageToDevice(this.#page, 0, 0, width, height, 0, x, y, at, at + 4);
    const view = new DataView(this.#pdfium.HEAPU8.buffer);
    return { x: view.getInt32(at, true), y: view.getInt32(at + 4, true) };
  }
}
