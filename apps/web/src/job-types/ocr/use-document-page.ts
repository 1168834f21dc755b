import { useClient } from "@statusplane/client/react";
import { useEffect, useState } from "react";
import { readDocumentPage, type DocumentLine } from "./document-page.ts";

export interface LoadedPage {
  readonly page: number;
  readonly lines: readonly DocumentLine[];
  /** Of its picture, until another page is loaded; null where the page has none. */
  readonly pictureUrl: string | null;
}

export type PageState =
  | { readonly phase: "loading" }
  | { readonly phase: "loaded"; readonly loaded: LoadedPage }
  | { readonly phase: "failed"; readonly error: unknown };

/** One page with its picture: both are fetched with the token, which an image's address cannot carry. */
export function useDocumentPage(pagesUrl: string, page: number): PageState {
  const client = useClient();
  const [state, setState] = useState<PageState & { readonly page?: number }>({ phase: "loading" });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let pictureUrl: string | null = null;
    const load = async (): Promise<void> => {
      const [reading, picture] = await Promise.all([
        client
          .request(`${pagesUrl}${page}/`, { signal })
          .then((response) => response.json() as Promise<unknown>),
        client.request(`${pagesUrl}${page}/picture/`, { signal }).then(
          (response) => response.blob(),
          () => null, // a page that could not be opened has no picture
        ),
      ]);
      if (signal.aborted) return;
      pictureUrl = picture === null ? null : URL.createObjectURL(picture);
      setState({
        phase: "loaded",
        page,
        loaded: { page, lines: readDocumentPage(reading) ?? [], pictureUrl },
      });
    };
    load().catch((error: unknown) => {
      if (!signal.aborted) setState({ phase: "failed", page, error });
    });
    return () => {
      controller.abort();
      if (pictureUrl !== null) URL.revokeObjectURL(pictureUrl);
    };
  }, [client, pagesUrl, page]);
  return state.page === page ? state : { phase: "loading" };
}
