import { readPage } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useEffect, useMemo, useRef, type ReactNode } from "react";
import { PagedList, PagesFoot, usePagedList } from "../pages/index.ts";
import { useFormat } from "../text/index.ts";
import { Button, Icon, ScrollRegion, viewStyles } from "../ui/index.ts";
import { SampleButton } from "./sample-button.tsx";
import { readStudent, STUDENT_COLUMNS, type Student } from "./student.ts";
import styles from "./students-view.module.css";

const STUDENTS = "/api/v1/students/";

function StudentsTable({ students }: { readonly students: readonly Student[] }): ReactNode {
  const { messages } = useFormat();
  const words = messages.students;
  return (
    <ScrollRegion label={words.table}>
      <table className={styles.table}>
        <thead>
          <tr>
            {STUDENT_COLUMNS.map((column) => (
              <th key={column} scope="col">
                {words.columns[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {students.map((student) => (
            <tr key={student.student_no}>
              {STUDENT_COLUMNS.map((column) =>
                column === "name" ? (
                  <th key={column} scope="row">
                    {student.name}
                  </th>
                ) : (
                  <td key={column}>{student[column]}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** Reads the students, and reads them anew when another import has ended. */
function useStudents(
  imports: number,
): readonly [PagedList<Student>, ReturnType<typeof usePagedList<Student>>] {
  const client = useClient();
  const list = useMemo(
    () =>
      new PagedList<Student>((cursor) => {
        const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
        return client.read(`${STUDENTS}${query}`, (body) => readPage(body, readStudent));
      }),
    [client],
  );
  const seenImports = useRef(imports);
  useEffect(() => {
    if (seenImports.current === imports) return;
    seenImports.current = imports;
    list.reload();
  }, [list, imports]);
  return [list, usePagedList(list)];
}

/** The imported students. @param imports how many imports this page has seen end: another one reads the list anew. */
export function StudentsView({ imports }: { readonly imports: number }): ReactNode {
  const { messages, count } = useFormat();
  const words = messages.students;
  const [list, state] = useStudents(imports);
  return (
    <section className={viewStyles.view} aria-labelledby="students-title">
      <header className={styles.head}>
        <h1 id="students-title" className={viewStyles.title}>
          {words.title}
        </h1>
        <span className={styles.shown}>
          {state.items.length > 0 && words.shown(count(state.items.length))}
        </span>
        <SampleButton look="plain" />
        <Button look="icon" aria-label={words.refresh} title={words.refresh} onClick={() => list.reload()}>
          <Icon name="again" />
        </Button>
      </header>
      {state.items.length > 0 && <StudentsTable students={state.items} />}
      <PagesFoot
        list={list}
        state={state}
        moreLabel={words.more}
        empty={
          <>
            <p>
              <strong>{words.empty}</strong>
            </p>
            <p>{words.emptyMore}</p>
          </>
        }
      />
    </section>
  );
}
