import {
  cellStyle,
  cellType,
  cellValue,
  columnOf,
  textValue,
  UNCALCULATED,
  type CellContext,
  type CellValue,
} from "./cell-value.ts";
import type { Attributes } from "./main-xml.ts";

/** One row's cells as the parser tells them, element by element. */
export class ParsedRow {
  readonly attributes: Attributes;
  readonly cells: CellValue[] = [];
  /** Whether it has any cell, blank ones too. */
  holdsCells = false;
  readonly #context: CellContext;
  #column = -1;
  #type = "";
  #style = 0;
  #formula = false;
  #value: CellValue = null;
  /** The text under way; null: it is no part of the cell. */
  #text: string | null = null;
  #inline = "";
  /** Number of elements around whose texts are not the cell's: phonetic guides, properties. */
  #aside = 0;

  constructor(attributes: Attributes, context: CellContext) {
    this.attributes = attributes;
    this.#context = context;
  }

  open(name: string, attributes: Attributes): void {
    switch (name) {
      case "c":
        this.holdsCells = true;
        this.#column = columnOf(attributes.get("r") ?? "") ?? this.#column + 1;
        this.#type = cellType(attributes.get("t") ?? "");
        this.#style = cellStyle(attributes.get("s"));
        this.#formula = false;
        this.#value = null;
        break;
      case "f":
        this.#formula = true;
        break;
      case "is":
        this.#inline = "";
        break;
      case "rPh":
        this.#aside += 1;
        break;
      case "v":
      case "t":
        this.#text = "";
        break;
      default:
        break;
    }
  }

  text(text: string): void {
    if (this.#text !== null) this.#text += text;
  }

  /** @throws {unreadable | too_large} */
  close(name: string): void {
    const text = this.#text ?? "";
    switch (name) {
      case "v":
        this.#value = cellValue(text, { type: this.#type, style: this.#style }, this.#context);
        this.#text = null;
        break;
      case "t":
        if (this.#aside === 0) this.#inline += text;
        this.#text = null;
        break;
      case "rPh":
        this.#aside -= 1;
        break;
      case "is":
        this.#value = textValue(this.#inline, this.#context);
        break;
      case "c":
        this.#closeCell();
        break;
      default:
        break;
    }
  }

  #closeCell(): void {
    const uncalculated = this.#formula && this.#value === null && this.#type !== "text";
    const value = uncalculated ? UNCALCULATED : this.#value;
    if (value === null || this.#column >= this.#context.maxColumns) return;
    while (this.cells.length < this.#column) this.cells.push(null);
    this.cells[this.#column] = value;
  }
}
