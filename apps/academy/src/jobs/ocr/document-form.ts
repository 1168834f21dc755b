export type DocumentForm = "pdf" | "png" | "jpeg" | "webp" | "tiff" | "heic";

/** A PDF may have some rubbish before its first line: readers look for it in the first 1,024 bytes. */
const PDF_WITHIN_BYTES = 1_024;
const HEIC_BRANDS: ReadonlySet<string> = new Set([
  ...["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"],
]);

/** What kind of document begins with these bytes; null when none of ours does. */
export function documentForm(firstBytes: Uint8Array): DocumentForm | null {
  const text = Buffer.from(firstBytes.subarray(0, PDF_WITHIN_BYTES)).toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp";
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return "tiff";
  if (text.slice(4, 8) === "ftyp" && HEIC_BRANDS.has(text.slice(8, 12))) return "heic";
  return text.includes("%PDF-") ? "pdf" : null;
}
