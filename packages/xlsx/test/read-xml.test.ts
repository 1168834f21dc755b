import { describe, expect, it } from "vitest";
import { cellsOf, partsOf, readAll, refusal, writeFixture, writeWorkbook } from "./workbook-fixture.ts";
import { makeZip } from "./zip-fixture.ts";

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main";
const ROW = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>7</v></c></row>';
const EXPECTED = [["홍길동", 7]];
const STRINGS = "<si><t>홍길동</t></si><si><t>다른 이름</t></si>";

/** The first sheet's cells, when its `<sheetData>` holds this. */
const cellsIn = (rows: string): Promise<unknown> => cellsOf({ sheets: [{ rows }], strings: STRINGS });

describe("a row means the same", () => {
  it.each([
    ["plain", ROW],
    ["with white space around = and in tags", ROW.replaceAll("=", " =\n ").replaceAll('">', '"\t>')],
    ["in single quotes", ROW.replaceAll('"', "'")],
    ["with > in an attribute", ROW.replaceAll('t="s"', 'x="a>b" t="s"')],
    ["with a character reference in an attribute", ROW.replace('t="s"', 't="&#115;"')],
    ["with attributes in another order", ROW.replace('r="A1" t="s"', 't="s" r="A1"')],
    [
      "between comments that hold rows",
      `<!-- ${ROW.replaceAll("1", "9").replaceAll("-", "")} -->${ROW}<!-- </sheetData> -->`,
    ],
    ["with a comment in a cell", ROW.replace("<v>0", "<!-- <v>1</v> --><v><!-- 1 -->0")],
    ["with a processing instruction", ROW.replace("<v>", "<?x <v>1</v>?><v>")],
    ["with its value in CDATA", ROW.replace("<v>0</v>", "<v><![CDATA[0]]></v>")],
    ["with its cells in descending order", ROW.replace(/(<c.*?<\/c>)(<c.*<\/c>)/, "$2$1")],
    ["spread over lines", ROW.replaceAll("><", ">\n  <")],
    ["with an extension's element beside its value", ROW.replace("<v>0", '<x:v xmlns:x="other">1</x:v><v>0')],
    [
      "with an extension that looks like a row",
      `<x:row xmlns:x="other" r="3"><c r="A3"><v>1</v></c></x:row>${ROW}`,
    ],
    [
      "with an extension under the default name",
      ROW.replace("<v>7</v>", '<v>7</v><extLst><ext xmlns="other"><v>8</v></ext></extLst>'),
    ],
    [
      "as the fallback of an alternative",
      `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x"><row r="1"><c><v>1</v></c></row></mc:Choice><mc:Fallback>${ROW}</mc:Fallback></mc:AlternateContent>`,
    ],
  ])("%s", async (_, rows) => {
    expect(await cellsIn(rows)).toEqual(EXPECTED);
  });

  it("after an odd one, and for all that follow it", async () => {
    expect(
      await cellsIn(`${ROW}<!-- odd -->${ROW.replaceAll("1", "2")}<row r="3"><c r="A3"><v>3</v></c></row>`),
    ).toEqual([["홍길동", 7], ["홍길동", 7], [3]]);
  });

  it.each([
    [
      "by a prefix",
      `<x:worksheet xmlns:x="${MAIN}"><x:sheetData>${ROW.replaceAll(/<(\/?)/g, "<$1x:")}</x:sheetData></x:worksheet>`,
    ],
    [
      "by a prefix of some elements",
      `<worksheet xmlns="${MAIN}" xmlns:x="${MAIN}"><sheetData>${ROW.replace("<row", "<x:row").replace("</row", "</x:row")}</sheetData></worksheet>`,
    ],
    ["in a strict document", `<worksheet xmlns="${STRICT}"><sheetData>${ROW}</sheetData></worksheet>`],
    [
      "below an extension's sheetData",
      `<worksheet xmlns="${MAIN}"><x:sheetData xmlns:x="other"><row><c><v>1</v></c></row></x:sheetData><!-- <sheetData> --><sheetData>${ROW}</sheetData></worksheet>`,
    ],
  ])("named %s", async (_, raw) => {
    expect(await cellsOf({ sheets: [{ raw }], strings: STRINGS })).toEqual(EXPECTED);
  });

  it.each(["</row", "</sheetData", "</v></c>", "</c"])(
    "cut after any byte of %s by its chunks",
    async (end) => {
      // Blanks put the end at every place around the border of the pieces that the zip comes in.
      for (let shift = -end.length; shift <= 1; shift++) {
        const before = `<worksheet xmlns="${MAIN}"><sheetData>`;
        const row = ROW.replace("홍길동", "");
        const blanks = " ".repeat(
          65_536 + shift - before.length - row.indexOf(end.replace("sheetData", "row")),
        );
        const raw = `${before}${blanks}${row}</sheetData></worksheet>`;
        expect(await cellsOf({ sheets: [{ raw }], strings: STRINGS })).toEqual(EXPECTED);
      }
    },
  );
});

describe("a shared string", () => {
  it("is read the same plain, rich, with comments, CDATA, extensions and phonetic guides", async () => {
    const spelled = [
      "<si><t>홍길동</t></si>",
      '<si><t xml:space="preserve">홍길동</t></si>',
      "<si><r><rPr><b/></rPr><t>홍</t></r><r><t>길동</t></r><rPh sb='0' eb='1'><t>hong</t></rPh></si>",
      "<si><t>홍<!-- </t></si><si> -->길동</t></si>",
      "<si><t><![CDATA[홍길]]>동</t></si>",
      "<si>\n <t>&#xD64D;길동</t>\n</si>",
      '<x:si xmlns:x="other"><t>아님</t></x:si><si><x:t xmlns:x="other">아님</x:t><t>홍길동</t></si>',
    ];
    const rows = `<row>${spelled.map((_, i) => `<c t="s"><v>${i}</v></c>`).join("")}</row>`;
    for (const order of [spelled, spelled.toReversed()]) {
      expect(await cellsOf({ sheets: [{ rows }], strings: order.join("") })).toEqual([
        spelled.map(() => "홍길동"),
      ]);
    }
  });
});

describe("a part in another encoding", () => {
  const XML = `<?xml version="1.0" encoding="X"?><worksheet xmlns="${MAIN}"><sheetData><row><c t="inlineStr"><is><t>홍길동 가나</t></is></c></row></sheetData></worksheet>`;
  const utf16 = Buffer.from(XML.replace("X", "UTF-16"), "utf16le");
  /** 홍길동 가나 in EUC-KR. */
  const eucKr = (label: string): Buffer =>
    Buffer.concat([
      Buffer.from(XML.replace("X", label).split("홍")[0] ?? ""),
      Buffer.from("c8abb1e6b5bf20b0a1b3aa", "hex"),
      Buffer.from(XML.split("나")[1] ?? ""),
    ]);
  const read = async (raw: Buffer): Promise<unknown> =>
    readAll(await writeWorkbook({ sheets: [{ raw }] })).then(
      ([rows]) => rows?.map(({ cells }) => cells),
      (error: { code?: string }) => error.code,
    );

  it.each([
    ["UTF-8 with a mark", Buffer.from(`\ufeff${XML.replace("X", "utf-8")}`)],
    ["UTF-8 behind blanks", Buffer.from(`\n ${XML.replace("X", "utf-8")}`)],
    ["UTF-8 that says it is UTF-16", Buffer.from(XML.replace("X", "UTF-16"))],
    ["UTF-16 with a mark", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ["UTF-16 without a mark", utf16],
    ["UTF-16, big end first", Buffer.from(utf16).swap16()],
    ["EUC-KR", eucKr("EUC-KR")],
    ["EUC-KR under Microsoft's name", eucKr("ks_c_5601-1987")],
    ["CP949", eucKr("cp949")],
  ])("is read: %s", async (_, raw) => {
    expect(await read(raw)).toEqual([["홍길동 가나"]]);
  });

  it.each([
    ["EUC-KR that says it is UTF-8", eucKr("utf-8")],
    ["an encoding that nobody knows", Buffer.from(XML.replace("X", "x-none"))],
    ["half a character", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16.subarray(0, -1)])],
  ])("is refused rather than misread: %s", async (_, raw) => {
    expect(await read(raw)).toBe("unreadable");
  });
});

describe("XML that is none", () => {
  it.each([
    ["an entity that nobody defined", ROW.replace("<v>0", "<v>&a;0")],
    ["a tag that is not closed", ROW.replace("</c>", "")],
    ["a tag closed by another", ROW.replace("</v>", "</w>")],
    ["a bare ampersand", '<row><c t="str"><v>A & B</v></c></row>'],
    ["an attribute without quotes", ROW.replace('t="s"', "t=s")],
    ["a DOCTYPE between rows", `${ROW}<!DOCTYPE x [<!ENTITY a "b">]>`],
  ])("is refused: %s", async (_, rows) => {
    expect(await refusal(await writeWorkbook({ sheets: [{ rows }], strings: STRINGS }))).toBe("unreadable");
  });
});

describe("the workbook part", () => {
  const withWorkbook = (change: (xml: string) => string): Buffer =>
    makeZip(
      partsOf({
        sheets: [{ rows: '<row><c s="1"><v>44620</v></c></row>' }],
        date1904: true,
        styles: '<cellXfs><xf/><xf numFmtId="14"/></cellXfs>',
      }).map((entry) =>
        entry.name === "xl/workbook.xml" ? { ...entry, content: change(String(entry.content)) } : entry,
      ),
    );

  it("counts from 1904 whatever an extension's element of the same name says", async () => {
    const extended = withWorkbook((xml) =>
      xml.replace(
        "</workbook>",
        '<extLst><ext xmlns:x15="other"><x15:workbookPr chartTrackingRefBase="1"/></ext></extLst></workbook>',
      ),
    );
    const [rows] = await readAll(await writeFixture(extended));
    expect(rows?.[0]?.cells).toEqual([{ iso: "2026-03-01" }]);
  });

  it("is refused when a sheet has no part, or shares it with another", async () => {
    const lost = withWorkbook((xml) => xml.replace('r:id="rId1"', 'r:id="rId9"'));
    expect(await refusal(await writeFixture(lost))).toBe("unreadable");
    const twice = withWorkbook((xml) => xml.replace(/(<sheet .*?\/>)/, "$1$1"));
    expect(await refusal(await writeFixture(twice))).toBe("too_complex");
  });
});
