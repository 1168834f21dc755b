/**
 * Why a workbook was refused: `encrypted` it is protected by a password · `unreadable` it is no .xlsx or is damaged ·
 * `too_large` it exceeds one of the limits · `too_complex` reading it would take longer than any workbook of its size.
 */
export type XlsxErrorCode = "encrypted" | "unreadable" | "too_large" | "too_complex";

/** What every function of this package throws about a workbook; problems of the disk keep their own errors. */
export class XlsxError extends Error {
  override readonly name = "XlsxError";
  readonly code: XlsxErrorCode;

  constructor(code: XlsxErrorCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Coerces what a parser threw: an {@link XlsxError} stays, a file-system error too, all else is a damaged workbook. */
export function asXlsxError(error: unknown, what: string): Error {
  if (error instanceof XlsxError) return error;
  if (error instanceof Error && ("syscall" in error || error.name === "AbortError")) return error;
  return new XlsxError("unreadable", what, error);
}
