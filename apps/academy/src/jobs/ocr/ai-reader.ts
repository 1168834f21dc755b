import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { askAi, PageNotTaken, type AiSettings } from "./ai-endpoint.ts";
import { languageOf, type Line, type PageReading } from "./page-reading.ts";
import { pictureName } from "./reader-messages.ts";

/** Reads a page from its picture. */
export type PageReader = (
  pictured: PageReading,
  options: {
    /** Where the picture is. */
    readonly folder: string;
    /** What the job has used so far. */
    readonly tokensUsed: number;
    readonly signal: AbortSignal;
  },
) => Promise<PageReading>;

/** No answer's text is trusted to be storable: half letters and control characters are left out. */
const UNSTORABLE = /[\p{Surrogate}\p{Cc}]/gu;

/** Has an endpoint read pages, within what one document may use. It tells neither boxes nor how sure it is. */
export function aiReader(settings: AiSettings): PageReader {
  return async (pictured, { folder, tokensUsed, signal }) => {
    if (tokensUsed >= settings.jobTokens) return { ...pictured, problem: "ai_budget" };
    const jpeg = await readFile(join(folder, pictureName(pictured.page)));
    try {
      const { text, isCut, tokens } = await askAi(settings, jpeg, signal);
      const lines = text.split(/\r?\n/).flatMap(lineOf);
      return {
        ...{ ...pictured, lines, tokens, problem: isCut ? "ai_cut" : null },
        language: languageOf(lines.map((line) => line.text).join("\n")),
      };
    } catch (error) {
      if (error instanceof PageNotTaken) return { ...pictured, problem: "ai_failed" };
      throw error;
    }
  };
}

function lineOf(said: string): readonly Line[] {
  const text = said.replaceAll(UNSTORABLE, " ").normalize("NFC").trim();
  return text === "" ? [] : [{ text, box: null, confidence: null }];
}
