import type { PageReading } from "./page-reading.ts";

/** Reads a page from its picture. */
export type PageReader = (
  pictured: PageReading,
  options: {
    /** Where the picture is. */
    readonly folder: string;
    /** What the job has used so far. */
    readonly tokensUsed: number;
    readonly signal: AbortSignal;
  },
) => Promise<PageReading>;
