import { describe, expect, it } from "vitest";
import { Turns } from "../../src/watch/turns.ts";

const nextLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("streams that begin at once", () => {
  it("begin a few in each turn of the event loop, in their order, and what came meanwhile goes between", async () => {
    const turns = new Turns(2);
    const done: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) void turns.next().then(() => done.push(name));
    await nextLoop();
    done.push("a poll");
    void turns.next().then(() => done.push("f"));
    await nextLoop();
    done.push("another");
    await nextLoop();
    expect(done).toEqual(["a", "b", "a poll", "c", "d", "another", "e", "f"]);
    await turns.next(); // and later ones need no push
  });
});
