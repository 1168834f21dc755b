import { writeXlsxStream } from "hucre/xlsx";
import { Readable } from "node:stream";

export const SAMPLE_ROWS = 500;

const FAMILY_NAMES = [
  "김",
  "이",
  "박",
  "최",
  "정",
  "강",
  "조",
  "윤",
  "장",
  "임",
  "한",
  "오",
  "서",
  "신",
  "권",
  "황",
];
const FIRST = ["서", "민", "지", "하", "도", "예", "시", "주", "은", "현", "유", "가", "나", "다"];
const SECOND = ["준", "서", "우", "윤", "아", "연", "진", "호", "빈", "율", "람", "온", "솔"];
const SCHOOLS = [
  "한빛초등학교",
  "새봄초등학교",
  "가온중학교",
  "미리내중학교",
  "누리고등학교",
  "해오름고등학교",
];
const MEMOS = ["형제 할인", "", "", "체험 수업", "", "", "", "장학생"];
const TITLES = [
  "학번",
  "이름",
  "학년",
  "학교",
  "반",
  "전화번호",
  "학부모연락처",
  "등록일",
  "메모",
  "이메일",
] as const;

const pick = (list: readonly string[], index: number): string => list[index % list.length] ?? "";

function* sampleRows(): Generator<(string | number | Date | null)[]> {
  yield [...TITLES];
  for (let i = 0; i < SAMPLE_ROWS; i++) {
    const name = pick(FAMILY_NAMES, i * 7) + pick(FIRST, i * 5 + 3) + pick(SECOND, i * 11 + 1);
    const school = i % SCHOOLS.length;
    const grade = Math.floor(school / 2) * 3 + (i % 3) + 1 + (school < 2 ? (i % 2) * 3 : 3);
    yield [
      String(20_260_001 + i),
      name,
      grade,
      pick(SCHOOLS, school),
      `${(i % 9) + 1}반`,
      `010-${4_000 + ((i * 37) % 6_000)}-${String((i * 7_919) % 10_000).padStart(4, "0")}`,
      `010-${2_000 + ((i * 53) % 2_000)}-${String((i * 6_101) % 10_000).padStart(4, "0")}`,
      new Date(Date.UTC(2026, 1, 1 + (i % 40))),
      pick(MEMOS, i) || null,
      `student${i + 1}@example.com`,
    ];
  }
}

/** The workbook that people can download to see how one looks: invented students, the same at every call. */
export function sampleWorkbook(): Readable {
  return Readable.from(writeXlsxStream(sampleRows(), { name: "학생" }) as AsyncIterable<Uint8Array>); // Node's streams of the web iterate
}
