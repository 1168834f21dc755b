import { meanConfidence, type Box } from "../page-reading.ts";
import type { EngineLine } from "./engine.ts";

interface Word {
  readonly text: string;
  readonly confidence: number;
  readonly box: Box;
}

const WORD_LEVEL = 5;

/** What tesseract tells of pictures. */
export interface TesseractOutput {
  /** Its table of words: level, page, block, paragraph, line, word, left, top, width, height, confidence, text, by tabs. */
  readonly table: string;
  /** The same as running text, a form feed after each picture: it alone tells where Korean has spaces. */
  readonly text: string;
}

/** Tesseract's words as lines, by picture. */
export function linesOfOutput({ table, text }: TesseractOutput, pictures: number): EngineLine[][] {
  const texts = text.split("\f");
  return wordsByLine(table, pictures).map((lines, index) => {
    const spaces = new SpacesOf(texts[index] ?? "");
    return lines.map((words) => lineOf(words, spaces));
  });
}

function wordsByLine(table: string, pictures: number): Word[][][] {
  const byPicture: Map<string, Word[]>[] = Array.from({ length: pictures }, () => new Map<string, Word[]>());
  for (const row of table.split("\n")) {
    const cells = row.split("\t");
    if (Number(cells[0]) !== WORD_LEVEL) continue;
    const [page, block, paragraph, line, , x, y, width, height, confidence] = cells.slice(1, 11).map(Number);
    const word = cells.slice(11).join("\t").trim();
    const lines = byPicture[(page ?? 1) - 1];
    if (word === "" || lines === undefined) continue;
    const key = `${block}/${paragraph}/${line}`;
    const box = { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 };
    const words = lines.get(key) ?? [];
    words.push({ text: word, confidence: Math.min(100, Math.max(0, confidence ?? 0)), box });
    lines.set(key, words);
  }
  return byPicture.map((lines) => [...lines.values()]);
}

/** Reads running text along with the words that stand in it. */
class SpacesOf {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The words with a space between them where the text has one; between all, where they are not found in it. */
  joined(words: readonly string[]): string {
    let at = this.#at;
    let line = "";
    for (const word of words) {
      const start = this.#after(at);
      if (!this.#text.startsWith(word, start)) return words.join(" ");
      line += line !== "" && start > at ? ` ${word}` : word;
      at = start + word.length;
    }
    this.#at = at;
    return line;
  }

  #after(at: number): number {
    let next = at;
    while (next < this.#text.length && this.#text[next]?.trim() === "") next += 1;
    return next;
  }
}

function lineOf(words: readonly Word[], spaces: SpacesOf): EngineLine {
  const x = Math.min(...words.map(({ box }) => box.x));
  const y = Math.min(...words.map(({ box }) => box.y));
  const right = Math.max(...words.map(({ box }) => box.x + box.width));
  const bottom = Math.max(...words.map(({ box }) => box.y + box.height));
  return {
    text: spaces.joined(words.map(({ text }) => text)).normalize("NFC"),
    box: { x, y, width: right - x, height: bottom - y },
    confidence: meanConfidence(words) ?? 0,
  };
}
