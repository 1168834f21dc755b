/**
 * A student's page: their lectures, what is left of each, and what counts.
 * May import browser, pages, text and ui; player and app import this folder.
 * Data comes from the list of finished videos and from the reporter, which knows what was watched;
 * it goes into a list, and what is played goes to the player.
 */
export { LecturesView, type Lecture } from "./lectures-view.tsx";
export { refusalReason, useKnownView, useViewWords } from "./view-words.ts";
