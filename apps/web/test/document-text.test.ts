import { describe, expect, it } from "vitest";
import { findInPages, readDocumentPage } from "../src/job-types/ocr/document-page.ts";
import { readDocumentResult } from "../src/job-types/ocr/document-result.ts";

describe("a document's text", () => {
  it("is searched in all pages, whatever way Hangul was typed and letters are large or small", () => {
    const pages = ["도서관 안내\n도서관은", "THE Library", "the\nlibrary"];
    expect(findInPages(pages, "도서관".normalize("NFD"))).toEqual({ count: 2, pages: [1] });
    expect(findInPages(pages, " the  library ")).toEqual({ count: 2, pages: [2, 3] });
    expect(findInPages(pages, "  ")).toEqual({ count: 0, pages: [] });
  });

  it("is placed over the picture by shares of it; what was read with doubt is marked", () => {
    const box = { x: 50, y: 20, width: 100, height: 10 };
    const page = readDocumentPage({
      ...{ width: 200, height: 100 },
      lines: [{ text: "a", box, confidence: 40 }, { text: "b", box: null, confidence: null }, { box }],
    });
    expect(page).toEqual([
      { text: "a", isDoubtful: true, box: { left: 0.25, top: 0.2, width: 0.5, height: 0.1 } },
      { text: "b", isDoubtful: false, box: null },
    ]);
    expect(readDocumentPage("no page")).toBeNull();
  });

  it("has a result only where the server tells one", () => {
    const result = {
      outcome: "partial",
      pages: 2,
      pages_url: "/p/",
      problems: [{ page: 2, problem: "too_slow" }, 1],
    };
    expect(readDocumentResult(result)).toMatchObject({
      problems: [{ page: 2, problem: "too_slow" }],
      text: "",
    });
    expect(readDocumentResult({ outcome: "complete", total: 5 })).toBeNull();
  });
});
