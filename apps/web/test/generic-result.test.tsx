// @vitest-environment happy-dom
/// <reference types="vite/client" />
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { shownView, viewOf } from "../src/job-types/index.ts";
import { GenericResult } from "../src/job-types/generic-result.tsx";
import { setLanguage } from "../src/text/index.ts";

afterEach(cleanup);

describe("a job type without a folder", () => {
  test("is shown by the generic view, and one with a folder by its own", () => {
    const ref = { kind: "job", id: "1" } as const;
    expect(viewOf({ ref, jobType: "page_scan" })).toMatchObject({ icon: "gear", Result: GenericResult });
    expect(viewOf({ ref, jobType: "excel_import" })).toMatchObject({ icon: "sheet", changes: "students" });
    expect(viewOf({ ref: { kind: "video", id: "1" }, jobType: null }).icon).toBe("video");
    expect(viewOf({ ref, jobType: null }).icon).toBe("gear");
  });

  test("is what a folder's view falls back to for whatever it leaves out", () => {
    expect(shownView({ kind: "job" })).toMatchObject({ icon: "gear", Result: GenericResult });
    expect(shownView({ kind: "job", icon: "sheet" })).toMatchObject({ icon: "sheet", Result: GenericResult });
  });
});

describe("the result of a job that the page knows nothing of", () => {
  const shown = (result: unknown): string => {
    setLanguage("en");
    return render(<GenericResult result={result} />).container.textContent;
  };

  test("is names and values where it is as simple as that", () => {
    expect(shown({ page_count: 12_000, language: "ko", has_tables: true, note: null })).toBe(
      "page count12,000languagekohas tablesyes",
    );
    expect(screen.getByText("page count").tagName).toBe("DT");
  });

  test("is its value where it is but one", () => {
    expect(shown("hello")).toBe("hello");
  });

  test.each([null, undefined, "", {}])("is nothing where there is nothing to say: %j", (result) => {
    expect(shown(result)).toBe("");
  });

  test("is its JSON where it has parts, and no more of that than anybody reads", () => {
    expect(JSON.parse(shown({ pages: [{ text: "가" }] }))).toEqual({ pages: [{ text: "가" }] });
    cleanup();
    expect(shown({ pages: ["x".repeat(10_000)] }).length).toBeLessThan(2_100);
  });
});
