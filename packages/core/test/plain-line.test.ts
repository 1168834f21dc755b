import { describe, expect, it } from "vitest";
import { plainLine } from "../src/index.ts";

describe("a line of text from outside", () => {
  it.each([
    ["composed: macOS sends names in pieces", "풍경 1.mp4".normalize("NFD"), "풍경 1.mp4"],
    ["quotes and percent signs as written", '"1강" 100%22.xlsx', '"1강" 100%22.xlsx'],
    ["a line end is one space", "1강\r\n소개\n끝\u2028.", "1강 소개 끝 ."],
    ["other controls go", "1\u0000강\u0007\u009b2", "1강2"],
    ["direction overrides go, marks stay", "x\u202e4pm.exe\u2066a\u2069 א\u200fb", "x4pm.exea א\u200fb"],
    ["the byte order mark goes", "\ufeff명단", "명단"],
    ["half a pair is shown as missing", "a\ud83d b", "a\ufffd b"],
    ["joined emoji stay", "👩‍🏫 수업", "👩‍🏫 수업"],
  ])("%s", (_what, given, shown) => {
    expect(plainLine(given, 200)).toBe(shown);
  });

  it("is cut between characters, and null when nothing is left", () => {
    expect(plainLine("😀😀😀", 2)).toBe("😀😀");
    expect(plainLine("a b", 2)).toBe("a");
    expect(plainLine(" \r\n\u202e ", 10)).toBeNull();
  });
});
