import { describe, expect, it } from "vitest";
import { openWorkbook } from "../src/index.ts";
import { cellsOf, readAll, writeWorkbook } from "./workbook-fixture.ts";

const inline = (text: string): string => `<c t="inlineStr"><is>${text}</is></c>`;

describe("cells", () => {
  it("answers numbers, booleans, formula texts, errors and blanks by their type", async () => {
    const rows =
      `<row r="1"><c r="A1"><v>12.5</v></c><c r="B1" t="n"><v>-3e2</v></c><c r="C1" t="b"><v>1</v></c>` +
      `<c r="D1" t="str"><f>A1&amp;"x"</f><v>12.5x</v></c><c r="E1" t="e"><f>1/0</f><v>#DIV/0!</v></c>` +
      `<c r="F1" s="0"/><c r="G1" t="b"><v>0</v></c></row>`;
    expect(await cellsOf({ sheets: [{ rows }] })).toEqual([
      [12.5, -300, true, "12.5x", { error: "#DIV/0!" }, null, false],
    ]);
  });

  it("joins the runs of rich text and leaves phonetic guides out, shared or inline", async () => {
    const rich = `<r><rPr><b/><rFont val="t"/></rPr><t>홍</t></r><r><t xml:space="preserve"> 길동</t></r><rPh sb="0" eb="1"><t>hong</t></rPh>`;
    const rows = `<row><c t="s"><v>1</v></c>${inline(rich)}<c t="s"><v>0</v></c></row>`;
    expect(await cellsOf({ sheets: [{ rows }], strings: `<si><t/></si><si>${rich}</si>` })).toEqual([
      ["홍 길동", "홍 길동"],
    ]);
  });

  it("decodes references, CDATA, line ends and the characters that XML cannot hold", async () => {
    const rows = `<row>${inline("<t>&lt;a&gt; &amp;amp; &#44032;&#xAC01;&quot;</t>")}${inline("<t><![CDATA[1 < 2 & 3]]></t>")}${inline("<t>a\r\nb_x000D_c_x0041_</t>")}</row>`;
    expect(await cellsOf({ sheets: [{ rows }] })).toEqual([[`<a> &amp; 가각"`, "1 < 2 & 3", "a\nb\ncA"]]);
  });

  it("reads a text the same however its cell is spelled", async () => {
    for (const text of [
      "plain",
      "한글 넓은 글자 😀",
      "a &amp; 나",
      "_x0041_나",
      "row ow </ ow".replace("</", "&lt;/"),
    ]) {
      const rows =
        `<row>${inline(`<t>${text}</t>`)}<c t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>` +
        `<c t="inlineStr" ><is> <t>${text}</t></is> </c><c t="str"><v>${text}</v></c><c t="str"><f>A1</f><v>${text}</v></c></row>`;
      const [[first, ...others] = []] = await cellsOf({ sheets: [{ rows }] });
      expect(first).toEqual(expect.stringMatching(/./));
      expect(others).toEqual([first, first, first, first]);
    }
  });

  it("counts columns and rows on where references are missing, and leaves gaps blank", async () => {
    const rows =
      `<row><c><v>1</v></c><c><v>2</v></c><c r="E1"><v>5</v></c><c><v>6</v></c></row><row/>` +
      `<row><c r="AB3"><v>28</v></c></row><row r="9"><c><v>9</v></c></row><row spans="1:1"><c><v>10</v></c></row>`;
    const [sheet = []] = await readAll(await writeWorkbook({ sheets: [{ rows }] }));
    expect(sheet.map(({ number }) => number)).toEqual([1, 3, 9, 10]);
    expect(sheet[0]?.cells).toEqual([1, 2, null, null, 5, 6]);
    expect(sheet[1]?.cells).toHaveLength(28);
    expect(sheet[1]?.cells[27]).toBe(28);
  });
});

describe("dates", () => {
  const styles =
    `<numFmts count="4"><numFmt numFmtId="164" formatCode="yyyy&quot;년&quot;\\ m&quot;월&quot;\\ d&quot;일&quot;;@"/>` +
    `<numFmt numFmtId="165" formatCode="[Red]#,##0&quot;days&quot;"/><numFmt numFmtId="166" formatCode="[h]:mm"/>` +
    `<numFmt numFmtId="167" formatCode="[$-412]AM/PM\\ h:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
    `<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="22"/></cellXfs>`;
  const cell = (value: number, style: number): string => `<c s="${style}"><v>${value}</v></c>`;

  it("tells dates from numbers by the cell's format, built in or custom", async () => {
    const rows = `<row>${cell(46082, 0)}${cell(46082, 1)}${cell(46082, 2)}${cell(46082, 3)}${cell(1.5, 4)}${cell(0.5, 5)}${cell(46082.75, 6)}</row>`;
    expect(await cellsOf({ sheets: [{ rows }], styles })).toEqual([
      [
        46082,
        { iso: "2026-03-01" },
        { iso: "2026-03-01" },
        46082,
        1.5,
        { iso: "12:00:00" },
        { iso: "2026-03-01T18:00:00" },
      ],
    ]);
  });

  it("knows the day that never was, the first and the last day of the 1900 system", async () => {
    const rows = `<row>${cell(1, 1)}${cell(59, 1)}${cell(61, 1)}${cell(2958465, 1)}${cell(2958466, 1)}${cell(-1, 1)}</row>`;
    expect(await cellsOf({ sheets: [{ rows }], styles })).toEqual([
      [
        { iso: "1900-01-01" },
        { iso: "1900-02-28" },
        { iso: "1900-03-01" },
        { iso: "9999-12-31" },
        2958466,
        -1,
      ],
    ]);
  });

  it("counts from 1904 where the workbook says so", async () => {
    const rows = `<row>${cell(0, 1)}${cell(44620, 1)}</row>`;
    expect(await cellsOf({ sheets: [{ rows }], styles, date1904: true })).toEqual([
      [{ iso: "1904-01-01" }, { iso: "2026-03-01" }],
    ]);
  });

  it("takes the ISO dates of strict documents", async () => {
    const rows = `<row><c t="d"><v>2026-03-01</v></c><c t="d"><v>2026-03-01T00:00:00.000</v></c><c t="d"><v>2026-03-01T09:30:00Z</v></c></row>`;
    expect(await cellsOf({ sheets: [{ rows }] })).toEqual([
      [{ iso: "2026-03-01" }, { iso: "2026-03-01" }, { iso: "2026-03-01T09:30:00" }],
    ]);
  });
});

describe("workbooks", () => {
  it("finds sheets through the relationships, in the workbook's order, and notes hidden ones", async () => {
    const path = await writeWorkbook({
      sheets: [
        { name: "이름 &amp; 반", rows: "<row><c><v>1</v></c></row>", part: "other/B.xml" },
        { name: "숨김", state: "veryHidden", rows: "<row><c><v>2</v></c></row>", part: "worksheets/a.xml" },
      ],
    });
    using workbook = await openWorkbook(path);
    expect(workbook.sheets.map(({ name, hidden }) => ({ name, hidden }))).toEqual([
      { name: "이름 & 반", hidden: false },
      { name: "숨김", hidden: true },
    ]);
    expect((await readAll(path)).map(([row]) => row?.cells[0])).toEqual([1, 2]);
  });

  it("reads prefixed elements, comments and pretty-printed XML", async () => {
    const raw =
      `<?xml version="1.0"?>\n<!-- made > by hand -->\n<x:worksheet xmlns:x="m">\n <x:sheetData>\n  <x:row r='2'>\n` +
      `   <x:c r='A2' t='inlineStr'>\n    <x:is>\n <x:t>가</x:t>\n </x:is>\n   </x:c>\n   <x:c>\n <x:v>7</x:v>\n </x:c>\n  </x:row>\n </x:sheetData>\n</x:worksheet>`;
    expect(await readAll(await writeWorkbook({ sheets: [{ raw }] }))).toEqual([
      [{ number: 2, hidden: false, cells: ["가", 7] }],
    ]);
  });

  it("reads UTF-16 parts", async () => {
    const xml = "<worksheet><sheetData><row><c t='str'><v>한글</v></c></row></sheetData></worksheet>";
    const raw = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, "utf16le")]);
    expect(await cellsOf({ sheets: [{ raw }] })).toEqual([["한글"]]);
  });

  it("reads rows and strings that are cut anywhere by the chunks they come in", async () => {
    const count = 20_000;
    const texts = Array.from({ length: count }, (_, i) => `줄 ${i} ${"가".repeat(i % 17)}`);
    const rows = texts
      .map(
        (_, i) =>
          `<row r="${i + 1}"><c r="A${i + 1}" t="s"><v>${i}</v></c><c r="B${i + 1}"><v>${i}</v></c></row>`,
      )
      .join("");
    const strings = texts.map((text) => `<si><t>${text}</t></si>`).join("");
    expect(await cellsOf({ sheets: [{ rows }], strings })).toEqual(texts.map((text, i) => [text, i]));
  });

  it("gives its rows out in batches and can be read twice", async () => {
    const path = await writeWorkbook({ sheets: [{ rows: "<row><c><v>1</v></c></row>".repeat(30_000) }] });
    using workbook = await openWorkbook(path, { limits: { maxRows: 30_000 } });
    const [sheet] = workbook.sheets;
    if (sheet === undefined) throw new Error("no sheet");
    for (const pass of [1, 2]) {
      let rows = 0;
      let largest = 0;
      for await (const batch of workbook.rows(sheet)) {
        rows += batch.length;
        largest = Math.max(largest, batch.length);
      }
      expect({ pass, rows, bounded: largest < 5_000 }).toEqual({ pass, rows: 30_000, bounded: true });
    }
  });

  it("passes over the columns outside the range that is wanted", async () => {
    const rows = `<row><c t="s"><v>9</v></c><c t="str"><f>"</f><v>b</v></c><c/><c t="inlineStr"><is><t>d</t></is></c><c><v>5</v></c></row>`;
    using workbook = await openWorkbook(await writeWorkbook({ sheets: [{ rows }] }));
    const [sheet] = workbook.sheets;
    if (sheet === undefined) throw new Error("no sheet");
    const { value } = await workbook.rows(sheet, () => ({ from: 1, to: 3 })).next();
    expect(value).toEqual([{ number: 1, hidden: false, cells: [null, "b", null, "d"] }]);
  });

  it("stops when its signal is aborted", async () => {
    const path = await writeWorkbook({ sheets: [{ rows: "<row><c><v>1</v></c></row>".repeat(30_000) }] });
    const controller = new AbortController();
    using workbook = await openWorkbook(path, { signal: controller.signal });
    const [sheet] = workbook.sheets;
    if (sheet === undefined) throw new Error("no sheet");
    const rows = workbook.rows(sheet);
    await rows.next();
    controller.abort();
    await expect(
      (async () => {
        for await (const _ of rows);
      })(),
    ).rejects.toMatchObject({ name: "AbortError" });
  });
});
