/**
 * A tenant's students as pages, the sample workbook, and the rows that an import rejected.
 * May import core, Fastify, zod, hucre (the one place that does) and ../jobs/excel-import.
 * Rows come from Postgres, one statement a page; files from an attempt's folder; both go out over HTTP.
 */
export { decodeCursor, encodeCursor } from "./student-cursor.ts";
export {
  StudentRecords,
  type Student,
  type StudentDatabase,
  type StudentPage,
  type StudentPageOptions,
} from "./student-records.ts";
export { studentsRoutes, type StudentsOptions } from "./students-routes.ts";
export { sampleWorkbook, SAMPLE_ROWS } from "./sample-workbook.ts";
