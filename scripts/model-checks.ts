/** The table of what spin checks (`docs/model/checks.txt`), read once and without mercy: a row that is no row is an error. */
import { readFileSync } from "node:fs";

const SETS = ["quick", "full"] as const;
const VERDICTS = ["holds", "VIOLATED"] as const;
const SEARCHES = ["breadth", "depth", "large", "fair"] as const;

export type ModelSet = (typeof SETS)[number];
export type Search = (typeof SEARCHES)[number];

/** One property of one variant of the model. */
export interface ModelCheck {
  /** `quick` rows are part of both sets. */
  readonly set: ModelSet;
  readonly variant: string;
  readonly property: string;
  readonly expected: (typeof VERDICTS)[number];
  readonly search: Search;
  /** Preprocessor switches of `status.pml`, such as `-DLATE=0`. */
  readonly switches: readonly string[];
}

/** @throws {Error} at a row that cannot be understood, and when there is none at all. */
export function readChecks(file: string): readonly ModelCheck[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const checks = lines.flatMap((line, i) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    try {
      return [parseRow(line)];
    } catch (error) {
      throw new Error(`${file}:${i + 1}: ${String(error)}`, { cause: error });
    }
  });
  if (checks.length === 0) throw new Error(`${file}: no checks`);
  return checks;
}

function parseRow(line: string): ModelCheck {
  const cells = line.split("|").map((cell) => cell.trim());
  const [set, variant, property, expected, search, switches] = cells;
  if (cells.length !== 6 || variant === undefined || !/^[a-z_]+$/.test(property ?? "")) {
    throw new Error("set | variant | property | expected | search | switches");
  }
  const all = (switches ?? "").split(" ").filter((each) => each !== "");
  const wrong = all.find((each) => !/^-D[A-Z_]+(=\d+)?$/.test(each));
  if (wrong !== undefined) throw new Error(`${wrong} is no switch`);
  return {
    set: oneOf(SETS, set),
    variant,
    property: property ?? "",
    expected: oneOf(VERDICTS, expected),
    search: oneOf(SEARCHES, search),
    switches: all,
  };
}

function oneOf<T extends string>(words: readonly T[], word: string | undefined): T {
  const found = words.find((each) => each === word);
  if (found === undefined) throw new Error(`${word ?? "nothing"} is none of ${words.join(", ")}`);
  return found;
}
