import { describe, expect, it } from "vitest";
import { readAddress } from "../../src/jobs/message-send/address.ts";
import { orderOf, previewBody } from "../../src/jobs/message-send/message-payload.ts";
import {
  fieldsOf,
  fieldText,
  headerLine,
  readTemplate,
  renderText,
} from "../../src/jobs/message-send/message-text.ts";

const render = (text: string, values: Record<string, string>): string =>
  renderText(readTemplate(text, "text"), values);

describe("a text with placeholders", () => {
  it("takes them in Korean and English, in any case, composed or not, and braces by doubling them", () => {
    const values = { name: "김하늘", grade: "3", class_name: "2반", school: "한빛초", student_no: "7" };
    expect(render("{이름} {NAME} {학년} {반} {class} {학교} { 학번 }", values)).toBe(
      "김하늘 김하늘 3 2반 2반 한빛초 7",
    );
    expect(render("{이름}".normalize("NFD"), values)).toBe("김하늘");
    expect(render("{{이름}} }}{{", values)).toBe("{이름} }{");
    expect(fieldsOf(readTemplate("{이름} {name} {반}", "text"))).toEqual(["name", "class_name"]);
  });

  it("refuses what it does not know with its place: line and column", () => {
    expect(() => readTemplate("안녕\n{이름}의 {점수}", "text")).toThrow(/^text 2:7: \{점수\} \(\{이름\}/);
    expect(() => readTemplate("{__proto__}", "subject")).toThrow(/^subject 1:1: \{__proto__\}/);
    expect(() => readTemplate("a { b", "text")).toThrow(/text 1:3: \{/);
    expect(() => readTemplate("🎉🎉{x}", "text")).toThrow(/text 1:3/);
    expect(() => readTemplate(`{${"가".repeat(500)}}`, "text")).toThrow(/text 1:1: \{가{39}… /);
  });

  it("never reads a name as a text: braces in it stay what they are", () => {
    expect(render("{이름}/{학년}", { name: "{학년}{{x}}$&", grade: "1" })).toBe("{학년}{{x}}$&/1");
  });

  it("keeps a name of 200 letters, of any direction, and takes out what is not seen and what would end a line", () => {
    expect(fieldText("가".repeat(200))).toHaveLength(200);
    expect(fieldText("محمد بن علي")).toBe("محمد بن علي");
    expect(fieldText("김\u200b하\u202e늘\ufeff")).toBe("김하늘");
    expect(fieldText("하늘".normalize("NFD"))).toBe("하늘");
    expect(fieldText("a\r\nBcc: x@example.com")).toBe("a Bcc: x@example.com");
    expect(headerLine("a\u0000b\u2028c\u0085d")).toBe("a b c d");
  });
});

describe("an address", () => {
  const email = (text: string | null) => readAddress(text, "email");

  it("is read as it travels: IDN as xn--, quotes kept, compared in any case", () => {
    expect(email(" A.b+c@Example.COM ")).toEqual({ address: "A.b+c@example.com", key: "a.b+c@example.com" });
    expect(email("민지@한국.kr")).toEqual({ address: "민지@xn--3e0b707e.kr", key: "민지@xn--3e0b707e.kr" });
    expect(email('"a b@c"@example.com')).toMatchObject({ address: '"a b@c"@example.com' });
    expect(email("하늘@example.com".normalize("NFD"))).toEqual(email("하늘@example.com"));
    expect(readAddress("010-1234-5678", "phone")).toEqual({ address: "01012345678", key: "01012345678" });
    expect(readAddress("+82 (10) 1234 5678", "phone")).toMatchObject({ address: "+821012345678" });
  });

  it("is refused where it is none, could be two, or hides something", () => {
    expect(email(null)).toEqual({ problem: "no_address" });
    expect(email("  ")).toEqual({ problem: "no_address" });
    const wrong = [
      ...[
        "a",
        "@example.com",
        "a@",
        "a@b",
        "a b@example.com",
        "a@exa mple.com",
        "a@-x.com",
        "a@1.2.3.4",
        "a..b@example.com",
      ],
      ...[
        "a@example.com, b@example.com",
        "a@example.com>",
        "<a@example.com",
        "a;b@example.com",
        "a@example.com\r\nBcc: b@x.com",
      ],
      ...[
        "a\u200b@example.com",
        "a\u202e@example.com",
        `${"a".repeat(65)}@example.com`,
        `a@${"b".repeat(64)}.com`,
      ],
      ...[
        '"a\r\nb"@example.com',
        '"a>b"@example.com',
        '"a\\<b"@example.com',
        '"a@example.com',
        ".a@example.com",
        "a\u0000@example.com",
      ],
    ];
    for (const text of wrong)
      expect(email(text), JSON.stringify(text)).toEqual({ problem: "malformed_address" });
    for (const text of ["123", "010-abcd-5678", "0".repeat(16)])
      expect(readAddress(text, "phone"), text).toEqual({ problem: "malformed_address" });
  });
});

describe("what is to be sent", () => {
  const order = (body: unknown) => orderOf(previewBody.parse(body));

  it("says what is missing", () => {
    const recipients = { all: true };
    expect(() => order({ text: "x", recipients })).toThrow("subject: is empty");
    expect(() => order({ subject: "x", text: " ", recipients })).toThrow("text: is empty");
    expect(() => order({ subject: "\r\n", text: "x", recipients })).toThrow("subject: is empty");
    expect(() => order({ channel: "webhook", text: "x", recipients })).toThrow("webhook_url");
    expect(() => order({ subject: "x", text: "x", address: "phone", recipients })).toThrow(
      "address: must be email",
    );
    expect(() => order({ subject: "x", recipients: { again: { job_id: "j", status: "failed" } } })).toThrow(
      "subject: is that of the earlier message",
    );
  });

  it("has a subject of one line, whatever was typed", () => {
    expect(order({ subject: "a\r\nBcc: x@example.com", text: "x", recipients: { all: true } }).subject).toBe(
      "a Bcc: x@example.com",
    );
  });
});
