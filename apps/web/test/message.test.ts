import { describe, expect, it } from "vitest";
import { titleOf } from "../src/job-types/message_send/message.ts";

describe("a message's title", () => {
  const of = (subject: string): string => titleOf({ subject }, "3명에게 보내는 메시지");

  it("has a blank where recipients differ, in the language that its writer used, and braces as they were meant", () => {
    expect(of("{이름}님께 드리는 안내")).toBe("○○님께 드리는 안내");
    expect(of("{이름}님께".normalize("NFD"))).toBe("○○님께".normalize("NFD"));
    expect(of("Dear {name}, grade {grade}")).toBe("Dear …, grade …");
    expect(of("{{이름}} 안내")).toBe("{이름} 안내");
  });

  it("is the subject of at most 200 letters, and never the text", () => {
    expect(of(" 안내 ")).toBe("안내");
    expect(of(" ")).toBe("3명에게 보내는 메시지");
    expect(Array.from(of("🎉".repeat(201)))).toHaveLength(200);
    expect(of("🎉".repeat(201))).not.toMatch(/[\ud800-\udbff]$/);
  });
});
