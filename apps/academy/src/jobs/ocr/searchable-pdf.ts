import { open, type FileHandle } from "node:fs/promises";
import type { Line, PageReading } from "./page-reading.ts";

/** The long side of a page, points: A4. */
const LONG_SIDE_POINTS = 842;
/** Every letter of the invisible font is half as wide as it is high. */
const LETTER_WIDTH = 0.5;
/** Objects 1–6 are the catalog, the list of pages, and the font with its parts. */
const CATALOG = 1;
const PAGE_LIST = 2;
const FONT = 3;
const FIRST_PAGE = 7;
const OBJECTS_PER_PAGE = 3;

/** Tells readers which letter a code is: each is itself. */
const LETTERS = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end`;

/**
 * Writes a PDF of page pictures with their text invisibly over them, so that it can be searched and copied. One page is
 * in memory at a time. `close` must be called.
 */
export class SearchablePdf {
  readonly #file: FileHandle;
  readonly #offsets = new Map<number, number>();
  #at = 0;
  #pages = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<SearchablePdf> {
    const pdf = new SearchablePdf(await open(path, "w"));
    await pdf.#write("%PDF-1.5\n%\xe2\xe3\xcf\xd3\n");
    return pdf;
  }

  /** @param jpeg the page's grey picture, of the size that the reading tells */
  async add({ width, height, lines }: Omit<PageReading, "page">, jpeg: Uint8Array): Promise<void> {
    const first = FIRST_PAGE + this.#pages * OBJECTS_PER_PAGE;
    this.#pages += 1;
    const scale = LONG_SIDE_POINTS / Math.max(width, height);
    const box = `[0 0 ${points(width * scale)} ${points(height * scale)}]`;
    await this.#object(
      first,
      `<< /Type /Page /Parent ${PAGE_LIST} 0 R /MediaBox ${box} /Contents ${first + 1} 0 R ` +
        `/Resources << /Font << /F ${FONT} 0 R >> /XObject << /P ${first + 2} 0 R >> >> >>`,
    );
    const picture = `q ${points(width * scale)} 0 0 ${points(height * scale)} 0 0 cm /P Do Q`;
    const text = lines.map((line, index) =>
      lineOperators(line, { index, lines: lines.length, width, height, scale }),
    );
    await this.#stream(first + 1, "", Buffer.from([picture, "BT 3 Tr", ...text, "ET"].join("\n")));
    const form = `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode`;
    await this.#stream(first + 2, form, jpeg);
  }

  /** Writes what holds the pages together. */
  async finish(): Promise<void> {
    const kids = Array.from({ length: this.#pages }, (_, i) => `${FIRST_PAGE + i * OBJECTS_PER_PAGE} 0 R`);
    await this.#object(CATALOG, `<< /Type /Catalog /Pages ${PAGE_LIST} 0 R >>`);
    await this.#object(PAGE_LIST, `<< /Type /Pages /Count ${this.#pages} /Kids [${kids.join(" ")}] >>`);
    await this.#object(
      FONT,
      `<< /Type /Font /Subtype /Type0 /BaseFont /Invisible /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>`,
    );
    await this.#object(
      4,
      `<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Invisible /CIDToGIDMap /Identity /DW ${LETTER_WIDTH * 1_000} ` +
        `/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 5 0 R >>`,
    );
    await this.#object(
      5,
      `<< /Type /FontDescriptor /FontName /Invisible /Flags 5 /FontBBox [0 0 500 1000] /ItalicAngle 0 /Ascent 1000 /Descent 0 /CapHeight 1000 /StemV 80 >>`,
    );
    await this.#stream(6, "", Buffer.from(LETTERS));
    const start = this.#at;
    const count = FIRST_PAGE + this.#pages * OBJECTS_PER_PAGE;
    const entries = Array.from(
      { length: count - 1 },
      (_, i) => `${String(this.#offsets.get(i + 1) ?? 0).padStart(10, "0")} 00000 n \n`,
    );
    await this.#write(`xref\n0 ${count}\n0000000000 65535 f \n${entries.join("")}`);
    await this.#write(`trailer\n<< /Size ${count} /Root ${CATALOG} 0 R >>\nstartxref\n${start}\n%%EOF\n`);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #object(number: number, content: string): Promise<void> {
    this.#offsets.set(number, this.#at);
    await this.#write(`${number} 0 obj\n${content}\nendobj\n`);
  }

  async #stream(number: number, form: string, content: Uint8Array): Promise<void> {
    this.#offsets.set(number, this.#at);
    await this.#write(`${number} 0 obj\n<< ${form} /Length ${content.length} >>\nstream\n`);
    await this.#write(content);
    await this.#write("\nendstream\nendobj\n");
  }

  async #write(content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
    await this.#file.writeFile(bytes);
    this.#at += bytes.length;
  }
}

interface Place {
  readonly index: number;
  readonly lines: number;
  readonly width: number;
  readonly height: number;
  /** Points per pixel. */
  readonly scale: number;
}

/** A line over its box; one without a box goes where a line of its number would stand on a full page. */
function lineOperators({ text, box }: Line, { index, lines, width, height, scale }: Place): string {
  const even = height / (lines + 2);
  const { x, y, ...size } = box ?? {
    x: width * 0.08,
    y: even * (index + 1),
    width: width * 0.84,
    height: even * 0.7,
  };
  const letters = text.length + 1; // and the space that parts it from the next
  const fontSize = Math.max(1, size.height * scale);
  const stretch = (100 * Math.max(1, size.width * scale)) / (letters * LETTER_WIDTH * fontSize);
  const codes = Buffer.from(`${text} `, "utf16le").swap16().toString("hex");
  const place = `1 0 0 1 ${points(x * scale)} ${points((height - y - size.height) * scale)} Tm`;
  return `/F ${points(fontSize)} Tf ${points(stretch)} Tz ${place} <${codes}> Tj`;
}

const points = (value: number): string => String(Math.round(value * 100) / 100);
