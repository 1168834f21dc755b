/**
 * What students have watched: a grid of students × lectures that moves while they watch, and the rules of watching.
 * May import browser, download, pages, text and ui; the app imports this folder.
 * Data comes from the academy's grid, page by page, from the live views, every few seconds, and from the policies;
 * rules go back to the policies.
 */
export { ViewingView } from "./viewing-view.tsx";
