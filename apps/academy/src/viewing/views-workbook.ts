import { writeXlsxStream } from "hucre/xlsx";
import { Readable } from "node:stream";
import type { StudentView, StudentViews, StudentViewsOf } from "./student-views.ts";

const PAGE_ROWS = 500;

const WORDS = {
  ko: { sheet: "시청 현황", no: "학번", name: "이름", class: "반", attended: "출석", seen: "마지막 시청" },
  en: {
    sheet: "Viewing",
    no: "Student no.",
    name: "Name",
    class: "Class",
    attended: "attended",
    seen: "last seen",
  },
} as const;

/** A whole class as a workbook: of each video percent, whether it is attended, and when it was seen last. A statement per 500. */
export function viewsWorkbook(
  views: Pick<StudentViews, "page" | "titles">,
  of: Pick<StudentViewsOf, "tenant" | "videos" | "className">,
  language: "ko" | "en",
): Readable {
  const { sheet } = WORDS[language];
  return Readable.from(
    writeXlsxStream(rowsOf(views, of, language), { name: sheet }) as AsyncIterable<Uint8Array>,
  ); // Node's streams of the web iterate
}

async function* rowsOf(
  views: Pick<StudentViews, "page" | "titles">,
  of: Pick<StudentViewsOf, "tenant" | "videos" | "className">,
  language: "ko" | "en",
): AsyncGenerator<(string | number | null)[]> {
  const words = WORDS[language];
  const titles = await views.titles(of.tenant, of.videos);
  const columns = of.videos.flatMap((video) => {
    const title = titles.get(video) ?? video;
    return [`${title} (%)`, `${title} (${words.attended})`, `${title} (${words.seen})`];
  });
  yield [words.no, words.name, words.class, ...columns].map(plain);
  let cursor: string | null = null;
  do {
    const page = await views.page({ ...of, cursor, limit: PAGE_ROWS });
    for (const { student_no: no, name, class_name: className, views: seen } of page.items) {
      yield [no, name, className, ...of.videos.flatMap((video) => cellsOf(seen[video]))].map(plain);
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
}

function cellsOf(view: StudentView | undefined): (string | number | null)[] {
  if (view === undefined) return [0, "", null];
  return [view.watched_percent, view.attended ? "O" : "", view.last_seen_at];
}

/** What a spreadsheet might take for a formula is marked as a text, as people do it. */
function plain(value: string | number | null): string | number | null {
  return typeof value === "string" && /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
}
