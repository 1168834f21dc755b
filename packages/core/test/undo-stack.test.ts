import { describe, expect, it } from "vitest";
import { UndoStack } from "../src/index.ts";

describe("an undo stack", () => {
  it("closes in the reverse order, each once, whichever of them fails", async () => {
    const closed: string[] = [];
    const told: string[] = [];
    const undo = new UndoStack((what) => told.push(what));
    undo.push("a", () => closed.push("a"));
    undo.push("b", () => Promise.reject(new Error("b")));
    undo.push("c", async () => closed.push("c"));
    await undo.run();
    await undo.run();
    expect({ closed, told }).toEqual({ closed: ["c", "a"], told: ["b"] });
  });

  it("throws the first failure when all have run, where nobody is told", async () => {
    const closed: string[] = [];
    const undo = new UndoStack();
    undo.push("a", () => closed.push("a"));
    undo.push("b", () => Promise.reject(new Error("b")));
    await expect(undo.run()).rejects.toThrow("b");
    expect(closed).toEqual(["a"]);
  });
});
