import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openWorkbook, type CellValue, type OpenOptions, type Row } from "../src/index.ts";
import { makeZip, type ZipEntry } from "./zip-fixture.ts";

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships";

const folder = await mkdtemp(join(tmpdir(), "statusplane-xlsx-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
let files = 0;

/** What a test says about a workbook; everything else is as it is usually written. */
export interface Fixture {
  /** The XML inside `<sheetData>`, or with `raw` the whole part. */
  readonly sheets: readonly {
    name?: string;
    rows?: string;
    raw?: string | Buffer;
    state?: string;
    part?: string;
  }[];
  readonly strings?: string;
  readonly styles?: string;
  readonly date1904?: boolean;
  readonly more?: readonly ZipEntry[];
}

const relationship = (id: string, type: string, target: string): string =>
  `<Relationship Id="${id}" Type="${RELATIONSHIPS}/${type}" Target="${target}"/>`;

/** The parts of a workbook, to be put into a zip. */
export function partsOf({ sheets, strings, styles, date1904, more = [] }: Fixture): ZipEntry[] {
  const partName = (index: number): string => sheets[index]?.part ?? `worksheets/sheet${index + 1}.xml`;
  const entries: ZipEntry[] = [
    {
      name: "_rels/.rels",
      content: `<Relationships xmlns="${PACKAGE}">${relationship("r", "officeDocument", "xl/workbook.xml")}</Relationships>`,
    },
    {
      name: "xl/workbook.xml",
      content:
        `<?xml version="1.0"?><workbook xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}">` +
        `<workbookPr${date1904 === true ? ' date1904="1"' : ""}/><sheets>` +
        sheets
          .map(
            ({ name, state }, i) =>
              `<sheet name="${name ?? `Sheet${i + 1}`}" sheetId="${i + 1}"${state === undefined ? "" : ` state="${state}"`} r:id="rId${i + 1}"/>`,
          )
          .join("") +
        `</sheets></workbook>`,
    },
    {
      name: "xl/_rels/workbook.xml.rels",
      content:
        `<Relationships xmlns="${PACKAGE}">` +
        sheets.map((_, i) => relationship(`rId${i + 1}`, "worksheet", partName(i))).join("") +
        (strings === undefined ? "" : relationship("rS", "sharedStrings", "sharedStrings.xml")) +
        (styles === undefined ? "" : relationship("rT", "styles", "/xl/styles.xml")) +
        `</Relationships>`,
    },
    ...sheets.map(({ rows = "", raw }, i) => ({
      name: `xl/${partName(i)}`,
      content:
        raw ??
        `<worksheet xmlns="${MAIN}"><dimension ref="A1"/><sheetData>${rows}</sheetData><pageMargins left="1"/></worksheet>`,
    })),
  ];
  if (strings !== undefined)
    entries.push({ name: "xl/sharedStrings.xml", content: `<sst xmlns="${MAIN}">${strings}</sst>` });
  if (styles !== undefined)
    entries.push({ name: "xl/styles.xml", content: `<styleSheet xmlns="${MAIN}">${styles}</styleSheet>` });
  return [...entries, ...more];
}

/**
 * Puts bytes into a file of this test's own folder and answers its path.
 * @param name replaces the file of that name. Default: a new one.
 */
export async function writeFixture(content: Buffer | string, name = String(++files)): Promise<string> {
  const path = join(folder, `${name}.xlsx`);
  await writeFile(path, content);
  return path;
}

export function writeWorkbook(fixture: Fixture): Promise<string> {
  return writeFixture(makeZip(partsOf(fixture)));
}

/** Reads every sheet of a file, all rows of each. */
export async function readAll(path: string, options?: OpenOptions): Promise<Row[][]> {
  using workbook = await openWorkbook(path, options);
  const sheets: Row[][] = [];
  for (const sheet of workbook.sheets) {
    const rows: Row[] = [];
    for await (const batch of workbook.rows(sheet)) rows.push(...batch);
    sheets.push(rows);
  }
  return sheets;
}

/** The cells of the first sheet's rows. */
export async function cellsOf(fixture: Fixture): Promise<(readonly CellValue[])[]> {
  const [rows = []] = await readAll(await writeWorkbook(fixture));
  return rows.map(({ cells }) => cells);
}

/** The code with which a file is refused, or what it answered instead. */
export async function refusal(path: string, options?: OpenOptions): Promise<string> {
  try {
    const sheets = await readAll(path, options);
    return `read ${sheets.length} sheets`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
