import { createDeflateRaw, crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { refusal, partsOf, writeFixture, writeWorkbook } from "./workbook-fixture.ts";
import { makeZip, type ZipEntry } from "./zip-fixture.ts";

const MIB = 1_048_576;
const OK = { sheets: [{ rows: "<row><c><v>1</v></c></row>" }] };

/** Deflates `head` + blanks + `tail` without holding them. */
async function deflated(name: string, head: string, mebibytes: number, tail: string): Promise<ZipEntry> {
  const deflate = createDeflateRaw({ level: 1 });
  const blanks = Buffer.alloc(MIB, " ");
  let checksum = 0;
  let inflatedBytes = 0;
  const pieces = [Buffer.from(head), ...Array.from({ length: mebibytes }, () => blanks), Buffer.from(tail)];
  const bytes: Buffer[] = [];
  deflate.on("data", (chunk: Buffer) => bytes.push(chunk));
  for (const piece of pieces) {
    checksum = crc32(piece, checksum);
    inflatedBytes += piece.length;
    if (!deflate.write(piece)) await new Promise((resolve) => deflate.once("drain", resolve));
  }
  await new Promise((resolve) => deflate.once("end", resolve).end());
  return { name, content: "", deflated: { bytes: Buffer.concat(bytes), crc32: checksum, inflatedBytes } };
}

describe("a file that is no readable workbook", () => {
  const cfb = (entryName: string): Buffer => {
    const bytes = Buffer.alloc(2048);
    bytes.write("d0cf11e0a1b11ae1", 0, "hex");
    bytes.writeUInt16LE(9, 30);
    bytes.writeUInt32LE(1, 48);
    bytes.write(`${entryName}\0`, 1024 + 128, "utf16le");
    return bytes;
  };

  it.each([
    ["a text", () => Buffer.from("not a workbook at all, only some text"), "unreadable"],
    ["nothing", () => Buffer.alloc(0), "unreadable"],
    ["a workbook with a password", () => cfb("EncryptedPackage"), "encrypted"],
    ["an .xls of 2003", () => cfb("Workbook"), "unreadable"],
    ["a zip without a workbook", () => makeZip([{ name: "a.txt", content: "a" }]), "unreadable"],
    ["a zip cut off in the middle", () => makeZip(partsOf(OK)).subarray(0, 900), "unreadable"],
    [
      "encrypted entries",
      () => makeZip(partsOf(OK).map((entry) => ({ ...entry, encrypted: true }))),
      "encrypted",
    ],
    [
      "two parts of one name",
      () => makeZip([...partsOf(OK), { name: "XL/workbook.xml", content: "" }]),
      "unreadable",
    ],
    [
      "a wrong checksum",
      () => makeZip(partsOf(OK).map((entry) => ({ ...entry, forgedCrc32: 1 }))),
      "unreadable",
    ],
  ])("is refused: %s", async (_, content, code) => {
    expect(await refusal(await writeFixture(content()))).toBe(code);
  });

  it.each([
    ["a sheet that is cut off", { sheets: [{ raw: "<worksheet><sheetData><row><c><v>1</v></c>" }] }],
    ["a sheet that is no XML", { sheets: [{ raw: "hello" }] }],
    ["a cell without its end", { sheets: [{ rows: "<row><c><v>1</row>" }] }],
    [
      "a missing shared string",
      { sheets: [{ rows: `<row><c t="s"><v>9</v></c></row>` }], strings: "<si><t>a</t></si>" },
    ],
    ["no shared strings at all", { sheets: [{ rows: `<row><c t="s"><v>0</v></c></row>` }] }],
    [
      "a DOCTYPE in a sheet",
      { sheets: [{ raw: `<!DOCTYPE x [<!ENTITY a "b">]><worksheet><sheetData/></worksheet>` }] },
    ],
    ["a DOCTYPE in the shared strings", { ...OK, strings: "", more: [] }],
  ])("is refused as unreadable: %s", async (what, fixture) => {
    const parts = partsOf(fixture).map((entry) =>
      what.includes("shared strings") && what.includes("DOCTYPE") && entry.name.endsWith("sharedStrings.xml")
        ? { ...entry, content: `<!DOCTYPE sst><sst/>` }
        : entry,
    );
    expect(await refusal(await writeFixture(makeZip(parts)))).toBe("unreadable");
  });

  it("is refused: a DOCTYPE in the workbook part", async () => {
    const parts = partsOf(OK).map((entry) =>
      entry.name === "xl/workbook.xml"
        ? { ...entry, content: `<!DOCTYPE workbook [<!ENTITY a "&a;&a;">]><workbook>&a;</workbook>` }
        : entry,
    );
    expect(await refusal(await writeFixture(makeZip(parts)))).toBe("unreadable");
  });
});

describe("a workbook that costs too much", () => {
  /** Runs a read and answers how it was refused and what it added to the process. */
  async function measured(path: string): Promise<{ code: string; mebibytes: number }> {
    const before = process.memoryUsage().rss;
    const code = await refusal(path);
    return { code, mebibytes: (process.memoryUsage().rss - before) / MIB };
  }

  it(
    "is refused from the directory when 1.5 GB hide in 4 MB, at no cost, honest or forged",
    { timeout: 120_000 },
    async () => {
      const bomb = await deflated("xl/sharedStrings.xml", "<sst><si><t>", 1536, "</t></si></sst>");
      const parts = partsOf({ ...OK, strings: "" }).filter(({ name }) => name !== bomb.name);
      const honest = await measured(await writeFixture(makeZip([...parts, bomb])));
      expect(honest).toMatchObject({ code: "too_large" });
      const forged = await measured(
        await writeFixture(makeZip([...parts, { ...bomb, forgedInflatedBytes: 900_000 }])),
      );
      expect(forged).toMatchObject({ code: "unreadable" });
      for (const { mebibytes } of [honest, forged]) expect(mebibytes).toBeLessThan(100);
    },
  );

  it("is refused as soon as a part is longer than the directory says", async () => {
    const parts = partsOf(OK).map((entry) =>
      entry.name.endsWith("sheet1.xml") ? { ...entry, forgedInflatedBytes: 100 } : entry,
    );
    expect(await refusal(await writeFixture(makeZip(parts)))).toBe("unreadable");
  });

  it("is refused when one cell is endless, without keeping it", async () => {
    const bomb = await deflated(
      "xl/worksheets/sheet1.xml",
      `<worksheet><sheetData><row><c t="str"><v>`,
      64,
      "",
    );
    const parts = partsOf(OK).filter(({ name }) => name !== bomb.name);
    const noise = {
      name: "noise",
      content: Buffer.from(Array.from({ length: 500_000 }, (_, i) => (i * 7919) ^ (i >> 3))),
    };
    const { code, mebibytes } = await measured(await writeFixture(makeZip([...parts, bomb, noise])));
    expect(code).toBe("too_large");
    expect(mebibytes).toBeLessThan(100);
  });

  it.each([
    ["entries", { maxEntries: 4 }],
    ["inflated bytes", { maxInflatedBytes: 100 }],
    ["bytes of a small part", { maxSmallPartBytes: 100 }],
    ["rows", { maxRows: 1 }],
    ["characters in an inline cell", { maxCellChars: 8 }],
    ["bytes in a row's XML", { maxElementBytes: 300 }],
    ["bytes of shared strings", { maxSharedStringBytes: 2 }],
    ["shared strings", { maxSharedStrings: 1 }],
  ])("is refused beyond the limit of %s", async (_, limits) => {
    const path = await writeWorkbook({
      sheets: [
        { rows: `<row>${" ".repeat(300)}<c t="str"><v>123456789</v></c></row><row><c><v>1</v></c></row>` },
      ],
      strings: "<si><t>ab</t></si><si><t>c</t></si>",
    });
    expect(await refusal(path)).toBe("read 1 sheets");
    expect(await refusal(path, { limits })).toBe("too_large");
  });

  it("is refused when a shared string is longer than a cell may be", async () => {
    const path = await writeWorkbook({ ...OK, strings: `<si><t>${"가".repeat(32_768)}</t></si>` });
    expect(await refusal(path)).toBe("too_large");
  });

  it("does not let the last column of the sheet cost anything", async () => {
    const path = await writeWorkbook({
      sheets: [{ rows: `<row r="1048576"><c r="XFD1048576"><v>1</v></c><c r="A1048576"><v>2</v></c></row>` }],
    });
    expect(await refusal(path)).toBe("read 1 sheets");
  });
});
