import type { Case } from "../case.ts";
import { COLORS } from "./colors.ts";
import { FILES } from "./files.ts";
import { SHAPES } from "./shapes.ts";
import { SOUNDS } from "./sounds.ts";
import { TIMES } from "./times.ts";
import { videoCase, type VideoTrait } from "./video-case.ts";

export const VIDEO_TRAITS: readonly VideoTrait[] = [...COLORS, ...SHAPES, ...TIMES, ...SOUNDS, ...FILES];
/** Videos with one trait each, as other programs and people make them. */
export const VIDEO_CASES: readonly Case[] = VIDEO_TRAITS.map((trait) => videoCase(trait));
