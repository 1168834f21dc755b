/**
 * The table of imported students, and the sample workbook.
 * May import download, text, ui and pages; the app imports this folder.
 * Data comes from the students endpoint, page by page, when somebody opens the view;
 * it goes into a table.
 * Every row is checked before it is shown.
 */
export { SampleButton } from "./sample-button.tsx";
export { StudentsView } from "./students-view.tsx";
