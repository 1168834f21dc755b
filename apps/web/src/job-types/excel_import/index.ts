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
    const total = readImportCounts(result)?.total ?? null;
    const words = wordsOf(text);
    return total === null ? [] : [`${words.total} ${words.rows(text.count(total))}`];
  },
  Running: CountsSoFar,
  Actions: ShowStudents,
  Result: ImportResultView,
  changes: "students",
};
