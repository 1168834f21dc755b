import { ROUTES } from "@statusplane/core/wire";

/** The route of all of them: a signature is longer than a parameter may be in a server that is not ours. */
export const PLAYABLE_FILES_ROUTE = ROUTES.outputFile.replace(/:.*$/, "*");

/** What an application's videos leave in an attempt's folder, and what of it is served to whoever has a signed address. */
export interface PlayableFiles {
  /** Name of the file that a player begins with. */
  readonly playlist: string;
  /** Name of a still picture; null: there is none. */
  readonly poster: string | null;
  /** Content type of a file of that name; null: it is not served. Names are one path segment, as somebody sent them. */
  typeOf(name: string): string | null;
}
