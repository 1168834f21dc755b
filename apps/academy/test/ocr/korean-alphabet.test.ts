import { describe, expect, it } from "vitest";
import { charactersOf, withStandardSyllables } from "../../src/jobs/ocr/reader/korean-alphabet.ts";
import { readModel, readPublishedModel } from "../../src/jobs/ocr/reader/models.ts";
import { OcrBench, sheet } from "./ocr-fixture.ts";

/** 툇, 냇, 둠 and 볕 are in no list that the model was published with. */
const UNLISTED = ["툇마루에 앉아 냇가를 본다", "우리 모둠은 햇볕이 좋다"];

const nothingInstalled = (): Promise<{ tesseract: null; heifConvert: null }> =>
  Promise.resolve({ tesseract: null, heifConvert: null });
const bench = new OcrBench();

describe("the Korean model", () => {
  it("may answer with all syllables of the standard whose letters it was taught, and with all that it had", async () => {
    const published = charactersOf(await readPublishedModel("kor"));
    const ours = charactersOf(await readModel("kor"));
    expect(published.has("홉")).toBe(false);
    expect([...published].filter((character) => !ours.has(character))).toEqual([]);
    for (const syllable of "홉덟뀝툇냇깎귤얹낱둠괭얗볕낡꿉닳") expect(ours).toContain(syllable);
    expect(ours.size - published.size).toBe(1_258);
    expect(ours).not.toContain("넋"); // the last letters of 넋 and 녘 are in no syllable that it was taught
  });

  it("is the same when it is made from one that has been made", async () => {
    const ours = await readModel("kor");
    expect(Buffer.compare(withStandardSyllables(ours), ours)).toBe(0);
  });

  it("is refused where its list is cut off", async () => {
    const published = await readPublishedModel("kor");
    const cut = published.slice(0, published.length - 200);
    expect(() => withStandardSyllables(cut)).toThrow("out of range");
  });
});

it.each([{ bundled: false }, { bundled: true }])(
  "syllables that the model was not published with are read (engine that comes along: $bundled)",
  { timeout: 120_000 },
  async ({ bundled }) => {
    const path = await bench.file(sheet(UNLISTED));
    const result = await bench.run(path, bundled ? { programs: nothingInstalled } : {});
    expect(result.text).toBe(UNLISTED.join("\n"));
  },
);
