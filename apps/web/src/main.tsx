/**
 * The page starts here: stored language, theme and session first, then the first render.
 * Imports the app and the folders whose stored choices it restores.
 * Data comes from the browser's storage; it goes into the document.
 * Everything the page knows of jobs it knows through @statusplane/client.
 * Nothing is loaded from elsewhere: no fonts, no scripts, no pictures.
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/index.ts";
import { catchFileDrops, restoreTheme } from "./browser/index.ts";
import { restoreSession } from "./session/index.ts";
import { restoreLanguage } from "./text/index.ts";
import "./ui/page.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
catchFileDrops();
restoreTheme();
restoreLanguage();
restoreSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
