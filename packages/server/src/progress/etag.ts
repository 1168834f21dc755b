/**
 * Whether `If-None-Match` names this ETag. Weak comparison (RFC 9110, 13.1.2), for proxies that compress make ETags
 * weak.
 */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header === "*") return true;
  if (!header.includes(",") && !header.startsWith("W/")) return false;
  return header.split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
}
