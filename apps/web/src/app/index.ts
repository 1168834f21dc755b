/**
 * The page as a whole: header, views, and what goes on whichever view is shown.
 * May import every other folder; only main.tsx imports this one.
 * Data comes from the session's client through its hooks;
 * it goes to the views.
 * Only the client polls: no folder of the page sets a polling timer.
 */
export { App } from "./app.tsx";
