/**
 * What the page needs of the browser: values that components follow, storage, theme, view, files dropped and saved.
 * May import React only; every other folder may import this one.
 * Data comes from localStorage, sessionStorage and the address;
 * it goes back there, and into components through hooks.
 * Nothing here knows of jobs.
 */
export * from "./file-drop.ts";
export * from "./observable-value.ts";
export * from "./save-file.ts";
export * from "./text-storage.ts";
export * from "./theme.ts";
export * from "./view.ts";
