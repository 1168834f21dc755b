// @vitest-environment happy-dom
/// <reference types="vite/client" />
import { ClientError } from "@statusplane/client";
import { describe, expect, test, vi } from "vitest";
import { en } from "../src/text/en.ts";
import { formatBytes, formatCount, formatLength, formatMoment, formatRemaining } from "../src/text/format.ts";
import { ko } from "../src/text/ko.ts";
import { chooseLanguage } from "../src/text/language.ts";
import { mayRepeat, requestProblem } from "../src/text/request-problem.ts";

/** Every sentence by its path; a sentence with parameters is filled with marks, to see that each is said. */
function sentences(messages: object, path = ""): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(messages)) {
    const here = `${path}.${key}`;
    if (typeof value === "string") all.set(here, value);
    else if (typeof value === "function") {
      const say = value as (...words: string[]) => string;
      all.set(here, say(...["⟨1⟩", "⟨2⟩", "⟨3⟩"].slice(0, say.length)));
    } else for (const [inner, text] of sentences(value as object, here)) all.set(inner, text);
  }
  return all;
}

interface Words {
  readonly wordsOf: (text: { readonly language: "ko" | "en" }) => object;
}
const folders = import.meta.glob<Words>("../src/job-types/*/words.ts", { eager: true });

/** The page's, and those of each job type that has a folder. */
function allSentences(language: "ko" | "en"): Map<string, string> {
  const ofFolders = Object.entries(folders).map(([path, { wordsOf }]) => [path, wordsOf({ language })]);
  return sentences({ ...(language === "ko" ? ko : en), ...Object.fromEntries(ofFolders) });
}

const marksIn = (text: string): string[] => [...new Set(text.match(/⟨\d⟩/g))].toSorted();

describe("the two languages", () => {
  test("have the same sentences, none of them empty", () => {
    const korean = allSentences("ko");
    const english = allSentences("en");
    expect(korean.size).toBeGreaterThan(sentences(ko).size);
    expect([...english.keys()]).toEqual([...korean.keys()]);
    expect([...korean, ...english].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  test("say the same parameters in each sentence", () => {
    const english = allSentences("en");
    for (const [path, text] of allSentences("ko"))
      expect([path, marksIn(english.get(path) ?? "")]).toEqual([path, marksIn(text)]);
  });

  test("are not mixed: no Korean in English but its own names", () => {
    const korean = [...allSentences("en")].filter(
      ([path, text]) => /[가-힣]/.test(text) && path !== ".switchLanguage",
    );
    expect(korean).toEqual([]);
  });

  test.each([
    ["en", ["ko-KR"], "en"],
    [null, ["ko-KR", "en"], "ko"],
    [null, ["en-GB", "ko"], "en"],
    [null, ["fr", "en-US"], "en"],
    [null, ["fr"], "en"],
    ["xx", [], "en"],
  ] as const)("stored %j and browser %j choose %s", (stored, preferred, chosen) => {
    expect(chooseLanguage(stored, preferred)).toBe(chosen);
  });
});

describe("numbers and times", () => {
  test.each([
    [0, "5초"],
    [6, "10초"],
    [55, "55초"],
    [56, "1분"],
    [89, "1분"],
    [112, "2분"],
    [3_569, "59분"],
    [3_600, "1시간"],
    [4_000, "1시간 5분"],
    [7_190, "2시간"],
  ])("%i s remaining are %s", (seconds, words) => {
    expect(formatRemaining(seconds, ko.units)).toBe(words);
  });

  test.each([
    [0, "0:00"],
    [185, "3:05"],
    [3_723, "1:02:03"],
  ])("a video of %i s is %s long", (seconds, words) => {
    expect(formatLength(seconds)).toBe(words);
  });

  test("counts are grouped and sizes have a unit", () => {
    expect(formatCount(12_345, "ko")).toBe("12,345");
    expect(formatBytes(1_536, "en")).toBe("1.5 kB");
    expect(formatBytes(812_345_678, "en")).toBe("812 MB");
    expect(formatBytes(7, "en")).toBe("7 bytes");
  });

  test("a moment is a time within a day, a date before, and nothing for what is no moment", () => {
    const at = Date.parse("2026-03-02T06:05:00.000Z");
    const iso = new Date(at).toISOString();
    expect(formatMoment(iso, "en", at)).not.toContain("Mar");
    expect(formatMoment(iso, "en", at + 2 * 86_400_000)).toContain("Mar");
    expect(formatMoment("soon", "ko", at)).toBe("");
  });
});

describe("a refused request", () => {
  const error = (status: number, detail: string): ClientError =>
    new ClientError({ status, code: "x", detail });

  test("is told in the server's words, else by its status, else as a failure", () => {
    expect(requestProblem(error(413, "파일이 너무 큽니다."), en)).toBe("파일이 너무 큽니다.");
    expect(requestProblem(error(507, ""), en)).toBe(en.app.byStatus[507]);
    expect(requestProblem(error(418, ""), en)).toBe(en.app.failed);
    expect(requestProblem("constructor", en)).toBe(en.app.failed);
  });

  test("without an answer tells a browser without a network from a server that is away", () => {
    const onLine = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    expect(requestProblem(error(0, "fetch failed"), en)).toBe(en.app.noNetwork);
    onLine.mockRestore();
    expect(requestProblem(error(0, "fetch failed"), en)).toBe(en.app.offline);
  });

  test("may be repeated only when another time may end otherwise", () => {
    expect([0, 429, 503, 507].map((status) => mayRepeat(error(status, "")))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([409, 413, 415, 422].map((status) => mayRepeat(error(status, "")))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
