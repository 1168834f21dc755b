import { StatusplaneError } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { whenItAnswers } from "../../src/program/when-it-answers.ts";

const quickly = { withinMs: 5_000, everyMs: 1 };

describe("a start whose store does not answer yet", () => {
  it("waits for it, and says so once", async () => {
    const said: string[] = [];
    const log = { warn: (_fields: unknown, message?: string) => void said.push(message ?? "") };
    let asked = 0;
    const answer = await whenItAnswers(
      async () => {
        if (++asked < 4) throw new StatusplaneError("database_unavailable");
        return "there";
      },
      { log, ...quickly },
    );
    expect({ answer, asked, said }).toEqual({
      answer: "there",
      asked: 4,
      said: ["a store does not answer yet; the start waits for it"],
    });
  });

  it("gives up when its time is over", async () => {
    const away = new StatusplaneError("queue_unavailable");
    const log = { warn: () => undefined };
    const waiting = whenItAnswers(() => Promise.reject(away), { log, withinMs: 20, everyMs: 1 });
    await expect(waiting).rejects.toBe(away);
  });

  it("does not wait for what waiting cannot mend", async () => {
    let asked = 0;
    const wrong = new Error("password authentication failed");
    const log = { warn: () => undefined };
    const failing = whenItAnswers(() => (asked++, Promise.reject(wrong)), { log, ...quickly });
    await expect(failing).rejects.toBe(wrong);
    expect(asked).toBe(1);
  });
});
