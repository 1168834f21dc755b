import { viewInTenant, viewRef, type RecordedView, type ViewRef } from "@statusplane/core";
import type { Row } from "./statement.ts";

const HALF_BYTE = 4;

/** A bitmap as `bit varying` reads it. */
export function toBits(watched: Uint8Array): string {
  return `x${Buffer.from(watched).toString("hex")}`;
}

/** A bitmap from the text of a `bit varying`. */
export function fromBits(text: unknown): Uint8Array {
  const bits = String(text);
  const digits = bits.padEnd(Math.ceil(bits.length / (2 * HALF_BYTE)) * 2 * HALF_BYTE, "0");
  const hex = digits.replace(/.{4}/g, (four) => Number.parseInt(four, 2).toString(16));
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** Unix ms; null where there is no time. */
export function msOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** SQL of a time as Unix ms. */
export function asMs(column: string): string {
  return `floor(extract(epoch FROM ${column}) * 1000)::float8`;
}

export function toViewRef(row: Row): ViewRef {
  return viewRef(String(row["tenant_id"]), String(row["video_id"]), String(row["viewer"]));
}

/** One string per view of all tenants. */
export function viewKey(ref: ViewRef): string {
  return `${ref.tenant}:${viewInTenant(ref)}`;
}

/** A row's view. */
export function toRecordedView(row: Row): RecordedView {
  return {
    session: Number(row["session"]),
    version: Number(row["version"]),
    positionSeconds: row["position_seconds"] === null ? null : Number(row["position_seconds"]),
    lengthSeconds: Number(row["length_seconds"]),
    seenAtMs: msOrNull(row["seen_ms"]),
    attendedAtMs: msOrNull(row["attended_ms"]),
    watched: fromBits(row["watched"]),
  };
}
