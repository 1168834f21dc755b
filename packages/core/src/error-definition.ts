/** What a code means. */
export interface ErrorRow {
  /** Status of the problem+json answer, 400–599. */
  readonly http: number;
  /** Whether the same request, or another try of the job, may succeed later. */
  readonly retryable: boolean;
  /** The sentence for people, in Korean. */
  readonly ko: string;
  readonly en: string;
}

/** A code with its meaning, as {@link defineErrors} makes it. */
export interface ErrorDefinition<Code extends string = string> extends ErrorRow {
  readonly code: Code;
}

/** What a code looks like: on the wire, in rows, in logs. */
const CODE = /^[a-z][a-z0-9_]{0,63}$/;

/** Whether a text may be an error's code. */
export function isErrorCode(code: string): boolean {
  return CODE.test(code);
}

/**
 * Defines error codes: those of an application, or of one of its job types, beside the platform's own. A code is never used
 * again for something else.
 * @returns by its code each definition, to be thrown: `throw new JobError(SCAN_ERRORS.page_blank)`.
 * @throws {TypeError} for a code that is not `[a-z][a-z0-9_]{0,63}`, or a status that is no error's.
 * @example
 * const SCAN_ERRORS = defineErrors({
 *   page_blank: { http: 422, retryable: false, ko: "빈 페이지입니다.", en: "The page is blank." },
 * });
 */
export function defineErrors<Code extends string>(
  rows: Readonly<Record<Code, ErrorRow>>,
): { readonly [Each in Code]: ErrorDefinition<Each> } {
  const entries = Object.entries<ErrorRow>(rows).map(([code, row]) => {
    if (!isErrorCode(code)) throw new TypeError(`not an error code: ${JSON.stringify(code)}`);
    if (!Number.isInteger(row.http) || row.http < 400 || row.http > 599)
      throw new TypeError(`${code}: ${row.http} is not the HTTP status of an error, 400..599`);
    return [code, Object.freeze({ code, ...row })];
  });
  return Object.freeze(Object.fromEntries(entries)) as { readonly [Each in Code]: ErrorDefinition<Each> };
}
