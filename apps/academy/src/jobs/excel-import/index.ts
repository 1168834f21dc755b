/**
 * The job type `excel_import`: an uploaded workbook of students becomes rows of the tenant.
 * May import core, worker and xlsx. A file comes in and is opened only by read-students-process.ts, a process of its
 * own; rows go out to Postgres in chunks of one fenced statement, rejected ones into the attempt's folder.
 */
export { excelImportJob, REJECTED_NAME, type ExcelImportOptions } from "./excel-import-job.ts";
export { IMPORT_ERRORS } from "./import-errors.ts";
export type { ImportCounts, ImportOutcome, ImportResult } from "./import-result.ts";
export { looksLikeWorkbook } from "./looks-like-workbook.ts";
export type { RowErrorCode } from "./row-problems.ts";
export { STUDENT_COLUMNS } from "./student-columns.ts";
export type { ImportDatabase } from "./write-students.ts";
