/** How long a saved file's bytes stay reachable: Safari reads them after the click has returned. */
const KEEP_URL_MS = 60_000;

/** Hands bytes to the browser as a download: a plain link cannot carry the Authorization header. */
export function saveFile(bytes: Blob, name: string): void {
  const url = URL.createObjectURL(bytes);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS);
}
