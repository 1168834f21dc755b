import type { LiveViews } from "@statusplane/client/react";
import { isNewerView } from "@statusplane/client/views";
import type { ReactNode } from "react";
import type { Lecture } from "../lectures/index.ts";
import { useFormat } from "../text/index.ts";
import { Button, Icon, ScrollRegion, VisuallyHidden } from "../ui/index.ts";
import type { Cell, GridRow } from "./grid-row.ts";
import styles from "./viewing-grid.module.css";

export interface ViewingGridProps {
  readonly lectures: readonly Lecture[];
  readonly rows: readonly GridRow[];
  readonly live: LiveViews;
  readonly onPolicy: (lecture: Lecture) => void;
}

/** What is known last: the page's answer, or what was told since. */
function newestCell({ viewer, cells }: GridRow, videoId: string, live: LiveViews): Cell | undefined {
  const [cell, view] = [cells.get(videoId), live.get(viewer)?.get(videoId)];
  if (view === undefined) return cell;
  return cell === undefined || isNewerView(view, { ...view, ...cell })
    ? { ...view, isAttended: view.isAttended || cell?.isAttended === true }
    : cell;
}

function CellView({ cell }: { readonly cell: Cell | undefined }): ReactNode {
  const { messages, moment } = useFormat();
  const words = messages.viewing;
  if (cell === undefined || cell.lastSeenAt === null)
    return <span className={styles.never}>{words.never}</span>;
  return (
    <>
      <span className={styles.percent}>
        {cell.watchedPercent}%
        {cell.isAttended && (
          <span className={styles.attended}>
            <Icon name="check" />
            <VisuallyHidden>{words.attended}</VisuallyHidden>
          </span>
        )}
      </span>
      <span className={styles.track} aria-hidden="true">
        <span
          className={cell.isAttended ? styles.done : styles.part}
          style={{ inlineSize: `${cell.watchedPercent}%` }}
        />
      </span>
      <span className={styles.when}>{moment(cell.lastSeenAt)}</span>
    </>
  );
}

/** Students × lectures. */
export function ViewingGrid({ lectures, rows, live, onPolicy }: ViewingGridProps): ReactNode {
  const { messages } = useFormat();
  const words = messages.viewing;
  return (
    <ScrollRegion label={words.table}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{words.student}</th>
            {lectures.map((lecture) => (
              <th key={lecture.videoId} scope="col">
                <span className={styles.lecture}>
                  <span className={styles.name}>{lecture.title}</span>
                  <Button
                    look="icon"
                    aria-label={words.policyOf(lecture.title)}
                    title={words.policyOf(lecture.title)}
                    onClick={() => onPolicy(lecture)}
                  >
                    <Icon name="gear" />
                  </Button>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.studentNo} data-student={row.studentNo}>
              <th scope="row">
                {row.name}
                <span className={styles.when}>
                  {[row.className, row.studentNo].filter(Boolean).join(" · ")}
                </span>
              </th>
              {lectures.map(({ videoId }) => (
                <td key={videoId} data-video={videoId}>
                  <CellView cell={newestCell(row, videoId, live)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
