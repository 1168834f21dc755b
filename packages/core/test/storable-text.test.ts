import { describe, expect, it } from "vitest";
import { isStorableText } from "../src/index.ts";

describe("a text for the database", () => {
  it.each(["", "가나다", "👩‍🏫", "\u0001\ufffd"])("may be %j", (text) =>
    expect(isStorableText(text)).toBe(true),
  );
  it.each(["\0", "a\0b", "\ud800", "x\udc00", "\udc00\ud800"])("may not be %j", (text) =>
    expect(isStorableText(text)).toBe(false),
  );
});
