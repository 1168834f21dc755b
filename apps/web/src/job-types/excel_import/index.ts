/** The job type `excel_import`: a list of students that becomes rows. May import what job-types/ may. */
import type { JobTypeView } from "../job-type-view.ts";
import { CountsSoFar } from "./counts-so-far.tsx";
import { importOutcome } from "./import-outcome.ts";
import { ImportResultView } from "./import-result-view.tsx";
import { readImportCounts } from "./import-result.ts";
import { LIST_UPLOAD } from "./list-upload.ts";
import { ShowStudents } from "./show-students.tsx";
import { wordsOf } from "./words.ts";

export const view: JobTypeView = {
  type: "excel_import",
  kind: "job",
  icon: "sheet",
  upload: LIST_UPLOAD,
  outcome: importOutcome,
  endLine: ({ result }, text) => {
    const counts = readImportCounts(result);
    const words = wordsOf(text);
    const told = [
      [words.rejected, counts?.rejected ?? 0],
      [words.total, counts?.total ?? 0],
    ] as const;
    return told
      .filter(([, rows]) => rows > 0)
      .map(([name, rows]) => `${name} ${words.rows(text.count(rows))}`);
  },
  Running: CountsSoFar,
  Actions: ShowStudents,
  Result: ImportResultView,
  changes: "students",
};
