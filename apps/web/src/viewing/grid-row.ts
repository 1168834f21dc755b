import { asMembers, numberOrNull, textOrNull } from "@statusplane/client";

/** What a cell shows. Newer ones have a higher (session, version). */
export interface Cell {
  readonly session: number;
  readonly version: number;
  readonly watchedPercent: number;
  readonly isAttended: boolean;
  /** ISO 8601. */
  readonly lastSeenAt: string | null;
}

/** A student's line. */
export interface GridRow {
  readonly studentNo: string;
  readonly name: string;
  readonly className: string;
  /** By whose sign-in they watch. */
  readonly viewer: string;
  /** Video → what was watched; missing: nothing. */
  readonly cells: ReadonlyMap<string, Cell>;
}

/** A line of the grid; null for what names no student. */
export function readGridRow(value: unknown): GridRow | null {
  const { student_no: no, name, class_name: className, viewer, views } = asMembers(value);
  const studentNo = textOrNull(no);
  if (studentNo === null) return null;
  return {
    studentNo,
    name: textOrNull(name) ?? studentNo,
    className: textOrNull(className) ?? "",
    viewer: textOrNull(viewer) ?? studentNo,
    cells: new Map(Object.entries(asMembers(views)).map(([videoId, view]) => [videoId, readCell(view)])),
  };
}

function readCell(value: unknown): Cell {
  const { watched_percent: percent, attended, last_seen_at: seen, session, version } = asMembers(value);
  return {
    session: numberOrNull(session) ?? 0,
    version: numberOrNull(version) ?? 0,
    watchedPercent: numberOrNull(percent) ?? 0,
    isAttended: attended === true,
    lastSeenAt: textOrNull(seen),
  };
}
