// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { viewOfHash } from "../src/browser/view.ts";
import { renditionNames } from "../src/job-types/video_hls/rendition-names.ts";
import { readImportCounts, readImportResult } from "../src/job-types/excel_import/import-result.ts";
import { mintedAt } from "../src/job/job-words.ts";
import { readTokenClaims } from "../src/session/token-claims.ts";
import { readStudent } from "../src/students/student.ts";
import { titleOf } from "../src/job-types/video_hls/video-upload.ts";
import { otherFormOf, uploadTarget } from "../src/upload/accepted-file.ts";

const STRANGE: readonly unknown[] = [null, undefined, 7, "text", [], {}, [null], { items: 1 }, true];

describe("what a server answers is checked before it is shown", () => {
  test("strange values are nothing, and never an exception", () => {
    for (const value of STRANGE) {
      expect(readImportCounts(value)).toBeNull();
      expect(readImportResult(value)).toBeNull();
      expect(readStudent(value)).toBeNull();
    }
  });

  test("an import's result has its counts, rejected rows and their download", () => {
    const result = readImportResult({
      total: 3,
      inserted: 1,
      updated: 1,
      unchanged: 0,
      rejected: 1,
      errors: [{ sheet: "1반", row: 4, column: "학년", code: "invalid_grade", message: "" }, "junk"],
      rejected_url: "/api/v1/jobs/a/rejected.xlsx",
      outcome: "partial",
      columns_used: ["학번", "이름"],
      columns_ignored: ["혈액형"],
      sheets_ignored: ["2반"],
      sheets_hidden: ["숨김"],
      hidden_rows: 2,
    });
    expect(result).toEqual({
      outcome: "partial",
      columnsUsed: ["학번", "이름"],
      columnsIgnored: ["혈액형"],
      sheetsIgnored: ["2반"],
      sheetsHidden: ["숨김"],
      hiddenRows: 2,
      total: 3,
      inserted: 1,
      updated: 1,
      unchanged: 0,
      rejected: 1,
      errors: [{ sheet: "1반", row: 4, column: "학년", code: "invalid_grade", message: "invalid_grade" }],
      rejectedUrl: "/api/v1/jobs/a/rejected.xlsx",
    });
  });

  test("a partial result may lack the total and some counts", () => {
    expect(readImportCounts({ inserted: 40 })).toEqual({
      total: null,
      inserted: 40,
      updated: 0,
      unchanged: 0,
      rejected: 0,
    });
  });

  test("renditions are called by their names, else by their heights", () => {
    expect(renditionNames([{ height: 360 }, { name: "720p" }, {}])).toEqual(["360p", "720p"]);
    expect(STRANGE.map(renditionNames).flat()).toEqual([]);
  });

  test("a student's missing fields are empty texts", () => {
    expect(readStudent({ student_no: "1", name: "김서연", grade: 3 })).toMatchObject({
      grade: "3",
      memo: "",
    });
  });
});

describe("what people give is read by its form", () => {
  const token = (claims: object): string =>
    `h.${btoa(String.fromCodePoint(...new TextEncoder().encode(JSON.stringify(claims))))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "")}.s`;

  test("a token's tenant may be a number, and its end is in seconds", () => {
    const claims = { tenant_id: 7, role: "operator", exp: 100, name: "가람", sub: 12, scope: "play watch" };
    expect(readTokenClaims(token(claims))).toEqual({
      tenant: "7",
      role: "operator",
      subject: "12",
      scopes: ["play", "watch"],
      expiresAtMs: 100_000,
    });
    const none = { tenant: null, role: null, subject: null, scopes: null, expiresAtMs: null };
    expect(readTokenClaims(token({}))).toEqual(none);
  });

  test.each(["", "a.b", "a.%%%.c", "a.bnVsbA.c", "a.b.c.d"])("%j is no token", (text) => {
    expect(readTokenClaims(text)).toBeNull();
  });

  test.each([
    ["a.mp4", "video_hls"],
    ["A.MOV", "video_hls"],
    ["강의.mkv", "video_hls"],
    ["x.webm", "video_hls"],
    ["명단.XLSX", "excel_import"],
    ["old.xls", null],
    ["mp4", null],
  ])("%s goes to %j", (name, target) => {
    expect(uploadTarget(name)?.type ?? null).toBe(target);
  });

  test.each(["old.xls", "LIST.CSV"])("%s only has to be saved in another form", (name) => {
    expect([uploadTarget(name), otherFormOf(name)?.type]).toEqual([null, "excel_import"]);
    expect(otherFormOf("a.txt")).toBeNull();
  });

  test("a title is the file's name without its ending", () => {
    expect([titleOf("3강. 확률.mp4"), titleOf(".mp4")]).toEqual(["3강. 확률", ".mp4"]);
  });

  test("an address names a view, and anything else the first one", () => {
    expect(["#/history", "#students", "", "#/x"].map(viewOfHash)).toEqual([
      "history",
      "students",
      "work",
      "work",
    ]);
  });

  test("a UUID v7 tells when it was minted, other ids do not", () => {
    const ms = Date.parse("2026-03-02T06:05:00.123Z");
    const hex = ms.toString(16).padStart(12, "0");
    expect(mintedAt(`${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8000-000000000000`)).toBe(
      "2026-03-02T06:05:00.123Z",
    );
    expect([mintedAt("42"), mintedAt("0190a5b0-1c2d-4abc-8000-000000000000")]).toEqual([null, null]);
  });
});
