import { asMembers, isMembers, numberOrNull, readEach, textOrNull } from "@statusplane/client";

/** Below this a line is marked: it is worth a look, 0–100. */
const DOUBTFUL_BELOW = 70;

export interface DocumentLine {
  readonly text: string;
  /** Where it stands in the picture, shares of its width and height; null where that is not known. */
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  } | null;
  readonly isDoubtful: boolean;
}

/** One page as the server read it; null for anything else. */
export function readDocumentPage(value: unknown): readonly DocumentLine[] | null {
  const members = asMembers(value);
  const width = numberOrNull(members["width"]);
  const height = numberOrNull(members["height"]);
  if (width === null || height === null) return null;
  return readEach(members["lines"], (line) => readLine(line, width, height));
}

function readLine(value: unknown, pageWidth: number, pageHeight: number): DocumentLine | null {
  if (!isMembers(value)) return null;
  const text = textOrNull(value["text"]);
  if (text === null) return null;
  const confidence = numberOrNull(value["confidence"]);
  const { x, y, width, height } = asMembers(value["box"]);
  const isBox =
    [x, y, width, height].every((part) => typeof part === "number") && pageWidth > 0 && pageHeight > 0;
  return {
    text,
    isDoubtful: confidence !== null && confidence < DOUBTFUL_BELOW,
    box: isBox
      ? {
          left: Number(x) / pageWidth,
          top: Number(y) / pageHeight,
          width: Number(width) / pageWidth,
          height: Number(height) / pageHeight,
        }
      : null,
  };
}

/** As it is compared: Hangul that was typed in parts (NFD) and in one is the same, and so are small and capital letters. */
export const searchable = (text: string): string =>
  text.normalize("NFC").toLocaleLowerCase().replaceAll(/\s+/g, " ").trim();

/** Where a text is found: how often in all, and on which pages. @param pages their texts, from page 1 */
export function findInPages(
  pages: readonly string[],
  wanted: string,
): { readonly count: number; readonly pages: readonly number[] } {
  const needle = searchable(wanted);
  if (needle === "") return { count: 0, pages: [] };
  const found: number[] = [];
  let count = 0;
  for (const [index, text] of pages.entries()) {
    const here = searchable(text).split(needle).length - 1;
    count += here;
    if (here > 0) found.push(index + 1);
  }
  return { count, pages: found };
}
