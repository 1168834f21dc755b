import { posix } from "node:path";
import { MainXml, type Attributes, type MainHandlers } from "./main-xml.ts";
import { builtInFormat, customFormat, type NumberFormat } from "./number-format.ts";
import { utf8Parts } from "./xml-stream.ts";
import { asXlsxError, XlsxError } from "./xlsx-error.ts";
import type { ZipParts } from "./zip-parts.ts";

/* Workbook, relationships and styles: small, so parsed as a whole. */

async function parsePart(
  zip: ZipParts,
  name: string,
  { maxBytes, ...handlers }: MainHandlers & { maxBytes: number },
): Promise<void> {
  if (zip.sizeBytes(name) > maxBytes) throw new XlsxError("too_large", `part ${name}`);
  const parser = new MainXml(handlers, maxBytes);
  try {
    for await (const bytes of utf8Parts(zip.read(name))) parser.write(bytes.toString("utf8"));
    parser.finish();
  } catch (error) {
    throw asXlsxError(error, `part ${name}`);
  }
}

interface Relationship {
  /** The type's last word: `worksheet`, `sharedStrings`, …; transitional and strict documents differ before it. */
  readonly type: string;
  /** The part's name. */
  readonly target: string;
}

/** A part's relationships by id; none when it has no such part. Targets outside the package are left out. */
async function readRelationships(
  zip: ZipParts,
  partName: string,
  maxBytes: number,
): Promise<ReadonlyMap<string, Relationship>> {
  const { dir, base } = posix.parse(partName);
  const name = posix.join(dir, "_rels", `${base}.rels`);
  const found = new Map<string, Relationship>();
  if (!zip.has(name)) return found;
  await parsePart(zip, name, {
    maxBytes,
    open: (tag, attributes) => {
      if (tag !== "Relationship" || attributes.get("TargetMode") === "External") return;
      const [id, type, target] = ["Id", "Type", "Target"].map((key) => attributes.get(key));
      if (id === undefined || type === undefined || target === undefined) return;
      const resolved = resolveTarget(dir, target);
      const decoded = percentDecoded(resolved);
      const part = zip.has(resolved) ? resolved : decoded;
      found.set(id, { type: type.slice(type.lastIndexOf("/") + 1), target: part });
    },
  });
  return found;
}

function resolveTarget(folder: string, given: string): string {
  const target = given.replaceAll("\\", "/");
  return (target.startsWith("/") ? posix.normalize(target) : posix.join("/", folder, target)).slice(1);
}

/** Targets are URIs: a part with a Korean name may be written either way. */
function percentDecoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target; // not encoded at all
  }
}

export interface SheetPart {
  readonly name: string;
  readonly hidden: boolean;
  readonly part: string;
}

export interface WorkbookParts {
  readonly sheets: readonly SheetPart[];
  readonly date1904: boolean;
  readonly sharedStrings: string | null;
  /** By a cell's style index: what its number format makes of a number. */
  readonly formats: readonly (NumberFormat | undefined)[];
}

/**
 * Reads what must be known before the first sheet.
 * @throws {unreadable} when the package holds no workbook.
 */
export async function readWorkbookParts(zip: ZipParts, maxBytes: number): Promise<WorkbookParts> {
  const root = await readRelationships(zip, "", maxBytes);
  const named = [...root.values()].find(({ type }) => type === "officeDocument")?.target;
  const workbook = named !== undefined && zip.has(named) ? named : "xl/workbook.xml";
  if (!zip.has(workbook)) throw new XlsxError("unreadable", "no workbook inside");
  const relationships = await readRelationships(zip, workbook, maxBytes);
  const sheets: SheetPart[] = [];
  let date1904 = false;
  await parsePart(zip, workbook, {
    maxBytes,
    open: (tag, attributes) => {
      if (tag === "workbookPr") date1904 = isTrue(attributes.get("date1904"));
      if (tag !== "sheet") return;
      const sheet = sheetPart(attributes, relationships);
      if (sheet !== null) sheets.push(sheet);
    },
  });
  const partOf = (type: string): string | null => {
    const target = [...relationships.values()].find((relationship) => relationship.type === type)?.target;
    return target !== undefined && zip.has(target) ? target : null;
  };
  const styles = partOf("styles");
  return {
    sheets,
    date1904,
    sharedStrings: partOf("sharedStrings"),
    formats: styles === null ? [] : await readFormats(zip, styles, maxBytes),
  };
}

/** A worksheet; null for sheets that only hold a chart, a dialog or a macro. */
function sheetPart(
  attributes: Attributes,
  relationships: ReadonlyMap<string, Relationship>,
): SheetPart | null {
  const relationship = relationships.get(attributes.get("relationship id") ?? "");
  if (relationship === undefined) throw new XlsxError("unreadable", "a sheet without its part");
  if (relationship.type !== "worksheet") return null;
  const hidden = (attributes.get("state") ?? "visible") !== "visible";
  return { name: attributes.get("name") ?? "", hidden, part: relationship.target };
}

function isTrue(value: string | undefined): boolean {
  return value === "1" || value === "true";
}

async function readFormats(
  zip: ZipParts,
  name: string,
  maxBytes: number,
): Promise<(NumberFormat | undefined)[]> {
  const custom = new Map<number, NumberFormat | undefined>();
  const formats: (NumberFormat | undefined)[] = [];
  let inCellFormats = false;
  await parsePart(zip, name, {
    maxBytes,
    open: (tag, attributes) => {
      const id = Number(attributes.get("numFmtId"));
      if (tag === "cellXfs") inCellFormats = true;
      else if (tag === "numFmt") custom.set(id, customFormat(attributes.get("formatCode") ?? ""));
      else if (tag === "xf" && inCellFormats)
        formats.push(custom.has(id) ? custom.get(id) : builtInFormat(id));
    },
    close: (tag) => {
      if (tag === "cellXfs") inCellFormats = false;
    },
  });
  return formats;
}
