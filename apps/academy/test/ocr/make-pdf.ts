import { deflateSync } from "node:zlib";

/** A page of a PDF, by hand: what it draws, and what it draws it with. */
export interface PdfPage {
  readonly content: string;
  /** A JPEG that `/P Do` draws. */
  readonly jpeg?: { readonly bytes: Uint8Array; readonly width: number; readonly height: number };
  /** Beside its size and content, e.g. `/Rotate 90`. */
  readonly more?: string;
}

export interface PdfOptions {
  /** Beside the list of pages. */
  readonly catalog?: string;
  readonly trailer?: string;
}

/** Lines of Latin text in a PDF's own letters. */
export const textContent = (lines: readonly string[]): string =>
  `BT /F 14 Tf 40 700 Td 20 TL ${lines.map((line) => `(${line}) Tj T*`).join(" ")} ET`;

/** The whole page is this picture. */
export const SCAN = "q 595 0 0 842 0 0 cm /P Do Q";

/** Builds a PDF of A4 pages. */
export function makePdf(pages: readonly PdfPage[], { catalog = "", trailer = "" }: PdfOptions = {}): Buffer {
  const objects: Buffer[] = [];
  const add = (head: string, stream?: Uint8Array): number => {
    objects.push(
      stream === undefined
        ? Buffer.from(head, "latin1")
        : Buffer.concat([
            Buffer.from(`${head.replace(">>", `/Length ${stream.length} >>`)}\nstream\n`, "latin1"),
            stream,
            Buffer.from("\nendstream"),
          ]),
    );
    return objects.length;
  };
  add(`<< /Type /Catalog /Pages 2 0 R ${catalog} >>`);
  add(""); // the list of pages, known at the end
  add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
  const kids = pages.map(({ content, jpeg, more = "" }) => {
    const drawn = add("<< /Filter /FlateDecode >>", deflateSync(Buffer.from(content, "latin1")));
    const picture =
      jpeg === undefined
        ? ""
        : `/XObject << /P ${add(
            `<< /Type /XObject /Subtype /Image /Width ${jpeg.width} /Height ${jpeg.height} /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode >>`,
            jpeg.bytes,
          )} 0 R >>`;
    return add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${drawn} 0 R /Resources << /Font << /F 3 0 R >> ${picture} >> ${more} >>`,
    );
  });
  objects[1] = Buffer.from(
    `<< /Type /Pages /Count ${kids.length} /Kids [${kids.map((kid) => `${kid} 0 R`).join(" ")}] >>`,
  );
  const parts = [Buffer.from("%PDF-1.7\n")];
  const offsets: number[] = [];
  let at = parts[0]?.length ?? 0;
  for (const [index, object] of objects.entries()) {
    offsets.push(at);
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from("\nendobj\n")]);
    parts.push(whole);
    at += whole.length;
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`,
      "latin1",
    ),
  );
  return Buffer.concat(parts);
}
