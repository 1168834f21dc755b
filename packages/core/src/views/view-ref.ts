import { isId } from "../job-ref.ts";
import { StatusplaneError } from "../statusplane-error.ts";

declare const checked: unique symbol;

/** One viewer and one video. Made only by {@link viewRef}, so whatever takes it may build keys from it. */
export interface ViewRef {
  readonly tenant: string;
  readonly video: string;
  /** The subject as the sign-in names it. */
  readonly viewer: string;
  readonly [checked]: true;
}

/** @throws {invalid_id} when tenant or video is not of the alphabet, or the viewer is no text. */
export function viewRef(tenant: string, video: string, viewer: string): ViewRef {
  if (!isId(tenant)) throw new StatusplaneError("invalid_id", { detail: "tenant id" });
  if (!isId(video)) throw new StatusplaneError("invalid_id", { detail: "video id" });
  if (viewer === "") throw new StatusplaneError("invalid_id", { detail: "viewer" });
  return { tenant, video, viewer } as ViewRef;
}

/** A viewer inside a key: a subject may hold anything, a key's part neither colon nor brace. */
export function viewerName(viewer: string): string {
  return encodeURIComponent(viewer);
}

/** The inverse of {@link viewerName}. */
export function viewerOfName(name: string): string {
  return decodeURIComponent(name);
}

/** `video:viewer`, one string per view of a tenant. */
export function viewInTenant({ video, viewer }: Pick<ViewRef, "video" | "viewer">): string {
  return `${video}:${viewerName(viewer)}`;
}

/** The inverse of {@link viewInTenant}; null for anything else. */
export function parseViewInTenant(tenant: string, member: string): ViewRef | null {
  const colon = member.indexOf(":");
  const video = member.slice(0, colon);
  const name = member.slice(colon + 1);
  return colon > 0 && isId(tenant) && isId(video) && name !== ""
    ? viewRef(tenant, video, viewerOfName(name))
    : null;
}

/** What is published of a view. */
export interface ViewHint {
  readonly viewer: string;
  /** Whether it was erased: what comes after it is another view, whatever its version. */
  readonly isErased: boolean;
}

/** An erasure as it is published; whatever else has changed is {@link viewerName} alone, which has no colon. */
export function erasureHint(viewer: string): string {
  return `:${viewerName(viewer)}`;
}

/** What was published. */
export function readViewHint(text: string): ViewHint {
  const isErased = text.startsWith(":");
  return { viewer: viewerOfName(isErased ? text.slice(1) : text), isErased };
}
