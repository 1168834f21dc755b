/**
 * A button that downloads what only a token opens.
 * May import browser, text and ui; students and job-types import this folder.
 * Data comes from an address of the server; it goes into a file on the person's machine.
 */
export { DownloadButton, type DownloadButtonProps } from "./download-button.tsx";
