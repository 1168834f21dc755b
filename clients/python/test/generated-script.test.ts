import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PYTHON_CLIENT, pythonClient } from "../../../scripts/python-client.ts";

describe("the text of the scripts in the Python client", () => {
  it("is that of their files: npm run docs writes it", () => {
    expect(readFileSync(PYTHON_CLIENT, "utf8")).toBe(pythonClient());
  });

  it("out of step with it is noticed", () => {
    const text = pythonClient();
    const edited = text.replace("return { 'fenced', 0 }", "return { 'accepted', 0 }");
    expect(edited).not.toBe(text);
    expect(pythonClient(edited)).toBe(text);
    expect(pythonClient(text, () => "return 1\n")).not.toBe(text);
    expect(() => pythonClient("import redis\n")).toThrow(/lacks its mark/);
  });
});
