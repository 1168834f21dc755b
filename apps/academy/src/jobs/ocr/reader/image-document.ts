import { execFile } from "node:child_process";
import { promisify } from "node:util";
import sharp from "sharp";
import { OCR_LIMITS } from "../ocr-limits.ts";
import { ReadingRefused, type OpenDocument } from "./document.ts";
import { SHARP_LIMITS, toGrey } from "./grey-picture.ts";

const run = promisify(execFile);

/** Opens a picture; a TIFF may have several pages. @throws {ReadingRefused} document_unreadable, document_too_large */
export async function openImage(path: string): Promise<OpenDocument> {
  let header: { readonly width: number; readonly height: number; readonly pages?: number | undefined };
  try {
    header = await sharp(path, { ...SHARP_LIMITS, limitInputPixels: false }).metadata(); // reads no more than the header
  } catch (error) {
    throw new ReadingRefused("document_unreadable", messageOf(error), { cause: error });
  }
  const { width, height, pages = 1 } = header;
  if (width * height > OCR_LIMITS.maxPixels)
    throw new ReadingRefused("document_too_large", `${width} x ${height} pixels`);
  return {
    pages,
    open: async (page) => {
      try {
        // By the camera's note of how it was held; what that leaves is told by the lines of the page.
        const image = sharp(path, { ...SHARP_LIMITS, page: page - 1 }).autoOrient();
        return { picture: await toGrey(image), text: null };
      } catch (error) {
        if (pages > 1) throw error;
        throw new ReadingRefused("document_unreadable", messageOf(error), { cause: error });
      }
    },
  };
}

/** Debian's converter makes a PNG of it. @throws {ReadingRefused} heic_not_supported where there is none */
export async function openHeic(
  path: string,
  { converter, into }: { readonly converter: string | null; readonly into: string },
): Promise<OpenDocument> {
  if (converter === null) throw new ReadingRefused("heic_not_supported", "heif-convert is not installed");
  try {
    await run(converter, [path, into], { timeout: OCR_LIMITS.pageSeconds * 1_000, killSignal: "SIGKILL" });
  } catch (error) {
    throw new ReadingRefused("document_unreadable", messageOf(error), { cause: error });
  }
  return openImage(into);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
