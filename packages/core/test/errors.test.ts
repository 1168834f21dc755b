import { describe, expect, it } from "vitest";
import { defineErrors, JobError, StatusplaneError } from "../src/index.ts";

const row = { http: 422, retryable: true, ko: "빈 페이지입니다.", en: "The page is blank." };
const SCAN_ERRORS = defineErrors({ page_blank: row });

describe("errors of an application's own", () => {
  it("say what they mean where they are thrown", () => {
    expect(SCAN_ERRORS.page_blank).toEqual({ code: "page_blank", ...row });
    const ended = new JobError(SCAN_ERRORS.page_blank);
    expect([ended.code, ended.message, ended.retryable]).toEqual(["page_blank", row.ko, true]);
    expect(new JobError(SCAN_ERRORS.page_blank, { retryable: false, message: "3쪽" })).toMatchObject({
      ...{ retryable: false, message: "3쪽" },
    });
    const refused = new StatusplaneError(SCAN_ERRORS.page_blank, { detail: "page 3" });
    expect([refused.code, refused.message]).toEqual(["page_blank", `${row.en} (page 3)`]);
  });

  it.each([
    ["Page-Blank", 422],
    ["", 422],
    ["a".repeat(65), 422],
    ["page_blank", 200],
    ["page_blank", 600],
    ["page_blank", 422.5],
  ])("are refused as %j with the status %d", (code, http) => {
    expect(() => defineErrors({ [code]: { ...row, http } })).toThrow(TypeError);
  });
});

describe("a code that nobody defined", () => {
  it("is its own sentence, and no try can mend it", () => {
    const ended = new JobError("out_of_paper");
    expect([ended.code, ended.message, ended.retryable]).toEqual(["out_of_paper", "out_of_paper", false]);
  });

  it("is internal_error where it is no code", () => {
    expect(new JobError("Out of paper!").code).toBe("internal_error");
  });
});
