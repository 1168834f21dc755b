import { FFMPEG_VARIABLES } from "./ffmpeg/index.ts";
import { MESSAGE_VARIABLES } from "./jobs/message-send/message-variables.ts";
import { AI_VARIABLES } from "./jobs/ocr/ai-variables.ts";

/** What an installation may say beside the platform's settings. */
export const ACADEMY_VARIABLES = { ...FFMPEG_VARIABLES, ...MESSAGE_VARIABLES, ...AI_VARIABLES };

export type AcademyVariables = typeof ACADEMY_VARIABLES;
