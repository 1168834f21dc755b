/** Why a row is rejected; part of the import's result, so a code never changes its meaning. */
export type RowErrorCode =
  | "student_no_missing"
  | "student_no_invalid"
  | "name_missing"
  | "grade_invalid"
  | "date_invalid"
  | "date_unformatted"
  | "phone_invalid"
  | "email_invalid"
  | "too_long"
  | "cell_error"
  | "formula_without_value"
  | "cell_covered"
  | "columns_differ"
  | "duplicate_in_file";

/** Each says what to do about it. */
const MESSAGES: Readonly<Record<RowErrorCode, string>> = {
  student_no_missing: "학번이 없습니다.",
  student_no_invalid: "학번 형식이 올바르지 않습니다. 글자나 15자리 이하의 정수로 입력해 주세요.",
  name_missing: "이름이 없습니다.",
  grade_invalid: "학년은 1부터 12까지의 정수여야 합니다.",
  date_invalid: "날짜를 알 수 없습니다. 네 자리 연도부터 연-월-일 순서로 입력해 주세요. 예: 2026-03-01",
  date_unformatted: "날짜가 숫자로만 남아 있습니다. 셀 서식을 날짜로 바꿔 주세요.",
  phone_invalid: "전화번호가 올바르지 않습니다. 예: 010-1234-5678",
  email_invalid: "이메일 주소가 올바르지 않습니다.",
  too_long: "내용이 너무 깁니다.",
  cell_error: "셀에 수식 오류가 있습니다.",
  formula_without_value: "수식의 계산 결과가 파일에 없습니다. 엑셀에서 열어 저장한 뒤 올려 주세요.",
  cell_covered: "병합된 셀에 가려진 다른 값이 있습니다. 병합을 풀고 확인해 주세요.",
  columns_differ: "같은 항목의 두 열에 서로 다른 값이 있습니다. 한 열만 남겨 주세요.",
  duplicate_in_file: "같은 학번이 아래쪽에 또 있어 이 행은 건너뛰었습니다.",
};

export interface RowProblem {
  /** The column as the file's header calls it. */
  readonly column: string;
  readonly code: RowErrorCode;
  /** The sentence people see. */
  readonly message: string;
}

export function problem(code: RowErrorCode, column: string): RowProblem {
  return { column, code, message: MESSAGES[code] };
}

/** Thrown by what reads one cell: it rejects the row. */
export class CellRefused extends Error {
  readonly code: RowErrorCode;

  constructor(code: RowErrorCode) {
    super(code);
    this.code = code;
  }
}

/** Made once: a file may hold millions of refused cells, and a stack costs more than reading one. */
const REFUSALS = new Map<RowErrorCode, CellRefused>();

/** @throws {CellRefused} always. */
export function refuse(code: RowErrorCode): never {
  let refusal = REFUSALS.get(code);
  if (refusal === undefined) {
    refusal = new CellRefused(code);
    REFUSALS.set(code, refusal);
  }
  throw refusal;
}
