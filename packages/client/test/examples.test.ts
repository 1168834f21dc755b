import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, it } from "vitest";
import { root, typeCheck } from "./type-check.ts";

const PAGES = ["packages/client/README.md", "docs/guides/watching-from-a-page.md"];
const SOURCES = "packages/client/src";

interface Example {
  /** Where it stands. */
  readonly at: string;
  readonly text: string;
}

/** What the `@example`s, and blocks without imports of their own, stand in. */
const AROUND = `
import { createClient, isEnded, isSuccess, ClientError, type StatusplaneClient } from "@statusplane/client";
import { StatusplaneProvider, useActiveJobs, useClient, useJob, useJobs, ProgressBar } from "@statusplane/client/react";
import { asyncStatusStore, getPollInterval, useWorkerJobPoller } from "@statusplane/client/compat";
import type { ReactNode } from "react";
declare const client: StatusplaneClient;
declare const file: File;
declare const App: () => ReactNode;
declare const getToken: () => Promise<string>;
declare const shop: { recordOf(ref: { id: string }): Promise<{ status: string } | null> };
declare function show(...words: unknown[]): void;
`;

/** Blocks of TypeScript and JavaScript on a page. */
function ofPage(path: string): Example[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^```(?:js|ts|tsx)\n([\s\S]*?)^```/gm)].map(([, block = ""], i) => ({
    at: `${path}, block ${i + 1}`,
    text: block,
  }));
}

/** The `@example` of every comment in a file: it stands at the comment's end. */
function ofSource(path: string): Example[] {
  const comments = readFileSync(path, "utf8").match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return comments
    .filter((comment) => comment.includes("@example"))
    .map((comment) => ({
      at: relative(root, path),
      text: comment
        .slice(comment.indexOf("@example") + "@example".length, -"*/".length)
        .replaceAll(/^ *\* ?/gm, ""),
    }));
}

const sources = readdirSync(join(root, SOURCES), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => join(root, SOURCES, name));

/** Type-checks each as a module of its own, as strictly as the product. Answers the complaints. */
async function complaintsAbout(examples: readonly Example[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-examples-"));
  try {
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const compilerOptions = {
      ...{ composite: false, declaration: false, declarationMap: false, sourceMap: false, noEmit: true },
      ...{ noUnusedLocals: false, noUnusedParameters: false, allowImportingTsExtensions: true },
      ...{ lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"], jsx: "react-jsx", types: [] },
      ...{ module: "ESNext", moduleResolution: "Bundler", moduleDetection: "force" },
    };
    const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["*.tsx"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    for (const [i, { text }] of examples.entries()) {
      const module = /^import /m.test(text) ? text : `${AROUND}{\n${text}\n}`;
      await writeFile(join(folder, `example-${i}.tsx`), module);
    }
    const printed = await typeCheck(folder);
    return printed
      .split("\n")
      .filter((line) => line.includes("error TS"))
      .map((line) => line.replace(/^.*example-(\d+)\.tsx/, (_, i: string) => examples[Number(i)]?.at ?? i));
  } finally {
    await rm(folder, { recursive: true });
  }
}

it("every example of the pages and of the exports compiles, and one that does not would be seen", async () => {
  const examples = [...PAGES.flatMap(ofPage), ...sources.flatMap(ofSource)];
  expect(examples.length).toBeGreaterThanOrEqual(10);
  const planted = { at: "planted", text: `client.watch({ kind: "task", id: 1 });` };
  const complaints = await complaintsAbout([...examples, planted]);
  expect(complaints).toEqual([expect.stringContaining("planted"), expect.stringContaining("planted")]);
});
