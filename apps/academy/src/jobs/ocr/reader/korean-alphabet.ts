/*
 * A model of tesseract is a table of parts. The Korean one sees letters (first, vowel, last), each of which it was taught,
 * and may put together only the 1,076 syllables that are listed in it: 홉, 덟, 깎, 얹 are not, and come out as what is
 * listed and looks alike. Here its list is made longer; what it has learned stays as it is.
 */

/** Where parts stand in a model's table. */
const CHARACTERS = 21;
const CODES = 22;
const FIRST_SYLLABLE = 0xac00;
const VOWELS = 21;
const LASTS = 28;

/** What the net answers for a character. */
interface Code {
  /** A byte that is kept as it is. */
  readonly flag: number;
  readonly letters: readonly number[];
}

/** The same model, its syllables all those of the Korean standard (KS X 1001: 2,350) whose letters it knows. */
export function withStandardSyllables(model: Uint8Array): Uint8Array {
  const parts = partsOf(model);
  const rows = rowsOf(partAt(parts, CHARACTERS));
  const codes = codesOf(partAt(parts, CODES));
  const characters = rows.map(characterOf);
  const letters = new KnownLetters(characters, codes);
  const known = new Set(characters);
  const pattern = rows.find((row) => isSyllable(characterOf(row)));
  if (pattern === undefined) throw new Error("the Korean model knows no syllable");
  for (const syllable of standardSyllables()) {
    const code = known.has(syllable) ? null : letters.codeOf(syllable);
    if (code === null) continue;
    rows.push(rowLike(pattern, syllable, rows.length));
    codes.push(code);
  }
  parts[CHARACTERS] = Buffer.from(`${[rows.length, ...rows].join("\n")}\n`);
  parts[CODES] = bytesOfCodes(codes);
  return bytesOf(parts);
}

/** The characters that a model can answer with. */
export function charactersOf(model: Uint8Array): ReadonlySet<string> {
  return new Set(rowsOf(partAt(partsOf(model), CHARACTERS)).map(characterOf));
}

/** The letters that syllables are made of, as the model's own syllables tell their codes. */
class KnownLetters {
  readonly #codes: readonly Map<number, number>[] = [new Map(), new Map(), new Map()];

  constructor(characters: readonly string[], codes: readonly Code[]) {
    for (const [index, character] of characters.entries()) {
      if (!isSyllable(character)) continue;
      const told = codes[index]?.letters ?? [];
      for (const [place, letter] of lettersOf(character).entries()) {
        const code = told[place];
        const before = this.#codes[place]?.get(letter);
        if (code === undefined || told.length !== 3 || (before !== undefined && before !== code))
          throw new Error(`the Korean model does not put ${character} together of letters`);
        this.#codes[place]?.set(letter, code);
      }
    }
  }

  /** Null where a letter is in none of the model's syllables: it was never taught. */
  codeOf(syllable: string): Code | null {
    const letters = lettersOf(syllable).map((letter, place) => this.#codes[place]?.get(letter));
    return letters.every((code) => code !== undefined) ? { flag: 1, letters } : null;
  }
}

const isSyllable = (character: string): boolean => /^[가-힣]$/u.test(character);

function lettersOf(syllable: string): readonly number[] {
  const index = (syllable.codePointAt(0) ?? FIRST_SYLLABLE) - FIRST_SYLLABLE;
  return [Math.floor(index / (VOWELS * LASTS)), Math.floor(index / LASTS) % VOWELS, index % LASTS];
}

/** Rows 0xB0–0xC8 of the standard's table. */
function standardSyllables(): readonly string[] {
  const bytes: number[] = [];
  for (let row = 0xb0; row <= 0xc8; row++) for (let cell = 0xa1; cell <= 0xfe; cell++) bytes.push(row, cell);
  return Array.from(new TextDecoder("euc-kr", { fatal: true }).decode(Uint8Array.from(bytes)));
}

/** A row: character, kind, measures, script, other case, direction, mirrored, as it is normalised. */
const characterOf = (row: string): string => row.split(" ", 1)[0] ?? "";

function rowLike(pattern: string, character: string, index: number): string {
  const [, kind, measures, script, , direction] = pattern.split(" ");
  return [character, kind, measures, script, index, direction, index, character].join(" ");
}

function rowsOf(part: Buffer): string[] {
  const [count, ...rows] = part.toString("utf8").trimEnd().split("\n");
  if (Number(count) !== rows.length) throw new Error("the model's characters are not as many as it says");
  return rows;
}

function codesOf(part: Buffer): Code[] {
  let at = 4;
  const number = (): number => part.readInt32LE((at += 4) - 4);
  const codes = Array.from({ length: part.readInt32LE(0) }, (): Code => {
    const flag = part.readInt8((at += 1) - 1);
    return { flag, letters: Array.from({ length: number() }, number) };
  });
  if (at !== part.length) throw new Error("the model's codes are not as many as it says");
  return codes;
}

function bytesOfCodes(codes: readonly Code[]): Buffer {
  const each = codes.map(({ flag, letters }) =>
    Buffer.concat([Buffer.from([flag]), int32s([letters.length, ...letters])]),
  );
  return Buffer.concat([int32s([codes.length]), ...each]);
}

/** A count, as many offsets (64 bits; -1 for a part that there is not), and the parts. */
function partsOf(model: Uint8Array): (Buffer | null)[] {
  const bytes = Buffer.from(model.buffer, model.byteOffset, model.byteLength);
  const count = bytes.readInt32LE(0);
  const starts = Array.from({ length: count }, (_, i) => Number(bytes.readBigInt64LE(4 + i * 8)));
  return starts.map((start) =>
    start < 0
      ? null
      : bytes.subarray(start, Math.min(bytes.length, ...starts.filter((each) => each > start))),
  );
}

function partAt(parts: readonly (Buffer | null)[], place: number): Buffer {
  const part = parts[place];
  if (part === undefined || part === null) throw new Error(`the model has no part ${place}`);
  return part;
}

function bytesOf(parts: readonly (Buffer | null)[]): Buffer {
  const head = Buffer.alloc(4 + parts.length * 8);
  head.writeInt32LE(parts.length, 0);
  let start = head.length;
  for (const [place, part] of parts.entries()) {
    head.writeBigInt64LE(BigInt(part === null ? -1 : start), 4 + place * 8);
    start += part?.length ?? 0;
  }
  return Buffer.concat([head, ...parts.filter((part) => part !== null)]);
}

function int32s(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeInt32LE(number, index * 4);
  return bytes;
}
