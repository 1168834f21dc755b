import { readPage } from "@statusplane/client";
import { useClient, useLiveViews } from "@statusplane/client/react";
import { useCallback, useEffect, useId, useMemo, useRef, useState, type ReactNode } from "react";
import { DownloadButton } from "../download/index.ts";
import type { Lecture } from "../lectures/index.ts";
import { PagedList, PagesFoot, usePagedList } from "../pages/index.ts";
import { requestProblem, useFormat } from "../text/index.ts";
import { Button, Icon, Notice, viewStyles } from "../ui/index.ts";
import { readGridRow, type GridRow } from "./grid-row.ts";
import { PolicyDialog } from "./policy-dialog.tsx";
import { ViewingGrid } from "./viewing-grid.tsx";
import styles from "./viewing-view.module.css";

const GRID = "/api/v1/students/views/";
const WORKBOOK = "/api/v1/students/views.xlsx";

/** The newest finished videos: as many as a page of the history has. Null until they are known. */
function useLectures(): { readonly lectures: readonly Lecture[] | null; readonly problem: string | null } {
  const client = useClient();
  const { messages } = useFormat();
  const [lectures, setLectures] = useState<readonly Lecture[] | null>(null);
  const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null);
  useEffect(() => {
    let isWanted = true;
    client.history("video", { status: "READY" }).then(
      ({ items }) => {
        if (isWanted)
          setLectures(items.map(({ ref, title }) => ({ videoId: ref.id, title: title ?? ref.id })));
      },
      (error: unknown) => isWanted && setFailure({ error }),
    );
    return () => {
      isWanted = false;
    };
  }, [client]);
  return { lectures, problem: failure === null ? null : requestProblem(failure.error, messages) };
}

function searchOf(videoIds: readonly string[], className: string, cursor: string | null): string {
  const search = new URLSearchParams({ videos: videoIds.join(",") });
  if (className !== "") search.set("class", className);
  if (cursor !== null) search.set("cursor", cursor);
  return `?${search.toString()}`;
}

function useGrid(videoIds: readonly string[], className: string) {
  const client = useClient();
  const ids = videoIds.join(",");
  const list = useMemo(
    () =>
      new PagedList<GridRow>((cursor) =>
        client.read(`${GRID}${searchOf(ids.split(","), className, cursor)}`, (body) =>
          readPage(body, readGridRow),
        ),
      ),
    [client, ids, className],
  );
  return [list, usePagedList(list)] as const;
}

/** Whatever is gone at once is asked for once; many pages that were told of it do not ask together. */
const GONE_SPREAD_MS = 2_000;

/** Calls back once for many calls, within a moment. */
function useSoon(callback: () => void): () => void {
  const newest = useRef(callback);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    newest.current = callback;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => newest.current(), GONE_SPREAD_MS * Math.random());
  }, []);
}

interface ClassFilterProps {
  readonly classes: readonly string[];
  readonly onChoose: (className: string) => void;
}

/** A class by its name; those that were seen are offered. */
function ClassFilter({ classes, onChoose }: ClassFilterProps): ReactNode {
  const { messages } = useFormat();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const words = messages.viewing;
  const choose = (): void => onChoose(input.current?.value.trim() ?? "");
  return (
    <form
      className={styles.filter}
      onSubmit={(event) => {
        event.preventDefault();
        choose();
      }}
    >
      <label htmlFor={id}>{words.className}</label>
      <input
        ref={input}
        id={id}
        list={`${id}-classes`}
        placeholder={words.allClasses}
        autoComplete="off"
        onBlur={choose}
      />
      <datalist id={`${id}-classes`}>
        {classes.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
    </form>
  );
}

function Grid({ lectures }: { readonly lectures: readonly Lecture[] }): ReactNode {
  const { messages } = useFormat();
  const words = messages.viewing;
  const [className, setClassName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [policyOf, setPolicyOf] = useState<Lecture | "tenant" | null>(null);
  const videoIds = lectures.map(({ videoId }) => videoId);
  const [list, state] = useGrid(videoIds, className);
  const live = useLiveViews(
    videoIds,
    useSoon(() => list.reload()),
  );
  const classes = [...new Set(state.items.map((row) => row.className).filter(Boolean))].sort();
  return (
    <>
      <div className={styles.tools}>
        <ClassFilter classes={classes} onChoose={setClassName} />
        <Button look="plain" onClick={() => setPolicyOf("tenant")}>
          <Icon name="gear" />
          {words.tenantPolicy}
        </Button>
        <DownloadButton
          path={`${WORKBOOK}${searchOf(videoIds, className, null)}`}
          fileName="viewing.xlsx"
          onProblem={setProblem}
        >
          {words.download}
        </DownloadButton>
        <Button
          look="icon"
          aria-label={messages.history.refresh}
          title={messages.history.refresh}
          onClick={() => list.reload()}
        >
          <Icon name="again" />
        </Button>
      </div>
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
      {state.items.length > 0 && (
        <ViewingGrid lectures={lectures} rows={state.items} live={live} onPolicy={setPolicyOf} />
      )}
      <PagesFoot list={list} state={state} moreLabel={words.more} empty={words.noStudents} />
      {policyOf !== null && (
        <PolicyDialog
          videoId={policyOf === "tenant" ? null : policyOf.videoId}
          title={policyOf === "tenant" ? words.tenantPolicy : words.policyOf(policyOf.title)}
          onClose={() => setPolicyOf(null)}
        />
      )}
    </>
  );
}

/** What students have watched of the newest lectures. */
export function ViewingView(): ReactNode {
  const { messages } = useFormat();
  const words = messages.viewing;
  const { lectures, problem } = useLectures();
  return (
    <section className={viewStyles.view} aria-labelledby="viewing-title">
      <header>
        <h1 id="viewing-title" className={viewStyles.title}>
          {words.title}
        </h1>
        <p className={viewStyles.note}>{words.note}</p>
      </header>
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
      {lectures?.length === 0 && <p className={styles.empty}>{words.noVideos}</p>}
      {lectures !== null && lectures.length > 0 && <Grid lectures={lectures} />}
    </section>
  );
}
