/**
 * Lists that are read in keyset pages, on demand: history and students.
 * May import browser, text and ui; history and students import this folder.
 * Data comes from a function that reads one page, as each page is a query that a person asked for;
 * it goes out as the items read so far.
 * Nothing here reads by itself but the first page.
 */
export { PagedList } from "./paged-list.ts";
export { PagesFoot } from "./pages-foot.tsx";
export { usePagedList } from "./use-paged-list.ts";
