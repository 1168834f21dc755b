/** The columns of a students' workbook in the order in which we write them, with their Korean titles. */
export const STUDENT_COLUMNS = [
  ["student_no", "학번"],
  ["name", "이름"],
  ["grade", "학년"],
  ["school", "학교"],
  ["class_name", "반"],
  ["phone", "전화번호"],
  ["parent_phone", "학부모연락처"],
  ["registered_on", "등록일"],
  ["memo", "메모"],
  ["email", "이메일"],
] as const;

export type StudentColumn = (typeof STUDENT_COLUMNS)[number][0];

/** What the workbook of rejected rows has beside the columns: nothing is lost when they are not read again. */
export const REJECTED_TITLES = ["시트", "행", "열", "코드", "사유"] as const;

const OTHER_TITLES: Readonly<Record<StudentColumn, readonly string[]>> = {
  student_no: ["student number", "student id"],
  name: ["성명", "학생명", "student name"],
  grade: [],
  school: ["학교명", "school name"],
  class_name: ["학급", "class"],
  phone: ["연락처", "휴대폰", "핸드폰", "휴대전화", "phone number"],
  parent_phone: ["학부모전화번호", "보호자연락처", "보호자전화번호", "parent phone number"],
  registered_on: ["등록일자", "registered", "registration date"],
  memo: ["비고", "note"],
  email: ["이메일주소", "e-mail", "email address"],
};

const COLUMN_OF_TITLE: ReadonlyMap<string, StudentColumn> = new Map(
  STUDENT_COLUMNS.flatMap(([column, title]) =>
    [column, title, ...OTHER_TITLES[column]].map((each) => [normalizeTitle(each), column] as const),
  ),
);
const MAX_TITLE_CHARS = 100;

/** `" Student No. (필수)*"` → `studentno`: case, width, spaces, punctuation and what is in brackets do not matter. */
function normalizeTitle(title: string): string {
  return title
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\([^)]*\)|\[[^\]]*\]/g, "")
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** The column that a title names, or null. */
export function columnOfTitle(title: string): StudentColumn | null {
  return title.length > MAX_TITLE_CHARS ? null : (COLUMN_OF_TITLE.get(normalizeTitle(title)) ?? null);
}
