/**
 * Writes the reference pages that come from tables in the code: `docs/reference/errors.md`, `configuration.md`,
 * `mutants.md`, and the script's text in the Python client.
 * `--check` writes nothing and exits 1 when a page is out of step.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { ACADEMY_VARIABLES } from "../apps/academy/src/academy-variables.ts";
import { FFMPEG_ERRORS } from "../apps/academy/src/ffmpeg/ffmpeg-errors.ts";
import { IMPORT_ERRORS } from "../apps/academy/src/jobs/excel-import/import-errors.ts";
import { OCR_ERRORS } from "../apps/academy/src/jobs/ocr/ocr-errors.ts";
import { MESSAGE_ERRORS } from "../apps/academy/src/jobs/message-send/message-errors.ts";
import { VIDEO_ERRORS } from "../apps/academy/src/jobs/video-hls/video-errors.ts";
import type { ErrorDefinition } from "../packages/core/src/error-definition.ts";
import { ERRORS } from "../packages/core/src/errors.ts";
import { showValue, type VariableTable } from "../packages/runtime/src/config/variable.ts";
import { VARIABLES } from "../packages/runtime/src/config/variables.ts";
import { AREAS } from "./mutants/list/index.ts";
import { mutantsPage } from "./mutants/reference-page.ts";
import { PYTHON_CLIENT, pythonClient } from "./python-client.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

function errorTable(errors: Readonly<Record<string, ErrorDefinition>>): string {
  const rows = Object.values(errors).map(
    ({ code, http, retryable, en, ko }) =>
      `| \`${code}\` | ${http} | ${retryable ? "yes" : "no"} | ${cell(en)} | ${cell(ko)} |`,
  );
  return `| code | HTTP status | retryable | English | Korean |
|---|---|---|---|---|
${rows.join("\n")}`;
}

function errorsPage(): string {
  return `# Error codes

Generated from \`packages/core/src/errors.ts\` and the errors of the academy's job types by \`npm run docs\`.

Over HTTP an error is \`application/problem+json\`: \`{"type", "title", "status", "code", "detail"}\`. \`code\` is stable and
for programs, \`detail\` is for people (Korean by default, English by \`Accept-Language\`). The same codes say how a job
ended (\`error_code\` in snapshots and details). "Retryable" says whether the same request, or another try of the job, may
succeed later. A job type adds its own by \`defineErrors\`; \`GET /api/v1/job-types/\` tells those of each.

## The platform's

${errorTable(ERRORS)}

## \`video_hls\`

${errorTable({ ...VIDEO_ERRORS, ...FFMPEG_ERRORS })}

## \`excel_import\`

${errorTable(IMPORT_ERRORS)}

## \`ocr\`

${errorTable(OCR_ERRORS)}

## \`message_send\`

${errorTable(MESSAGE_ERRORS)}
`;
}

function variableTable(table: VariableTable): string {
  const rows = Object.entries(table).map(([name, entry]) => {
    const text = showValue(entry, entry.fallback);
    return `| \`${name}\` | ${text === "" ? "–" : `\`${text}\``} | ${cell(entry.about)} |`;
  });
  return `| variable | default | what |
|---|---|---|
${rows.join("\n")}`;
}

function configurationPage(): string {
  return `# Configuration

Generated from \`packages/runtime/src/config/variables.ts\` and the academy's own variables by \`npm run docs\`.

Environment variables, read once at start. All problems are reported together, one line each, with exit code 2.
\`statusplane --print-config\` shows what is in force, secrets hidden. An empty value counts as not set.

${variableTable(VARIABLES)}

## The academy's own

An application adds its own by \`runStatusplane({ variables })\`.

${variableTable(ACADEMY_VARIABLES)}

## What a role needs

| role | serves | needs |
|---|---|---|
| \`all\` (default) | everything, in one process | nothing |
| \`api\` | page, submit, progress, detail, history, playback; the reconciler | \`DATABASE_URL\`, \`REDIS_URL\`, \`QUEUE_URL\`, sign-in |
| \`progress\` | progress, batch, watch tokens, operators' routes; no database at all | \`REDIS_URL\`, sign-in |
| \`worker\` | runs jobs; the reconciler | \`DATABASE_URL\`, \`REDIS_URL\`, \`QUEUE_URL\` |

"Sign-in" is \`JWT_SECRET\`, or \`JWKS_URL\` with \`SIGNING_SECRET\`, or \`DEMO=1\`, or an application's own
\`authenticate\` (role \`api\`: with \`SIGNING_SECRET\`). Role \`all\` with a loopback \`HOST\`, no \`DATABASE_URL\` and no
other sign-in signs people in as a demo tenant by itself.
`;
}

const PAGES = {
  "docs/reference/errors.md": errorsPage(),
  "docs/reference/configuration.md": configurationPage(),
  "docs/reference/mutants.md": mutantsPage(AREAS),
  [PYTHON_CLIENT]: pythonClient(),
};
const check = process.argv.includes("--check");
for (const [path, text] of Object.entries(PAGES)) {
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is out of step with the code: npm run docs`);
    process.exitCode = 1;
  }
}
