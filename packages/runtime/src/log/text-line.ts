import { plainLine } from "@statusplane/core";

export interface TextLineOptions {
  /** Colours the level and dims what is beside the words. */
  readonly inColour: boolean;
}

/** pino's level numbers, as words of one width. */
const LEVELS = [
  { from: 60, word: "FATAL", colour: 31 },
  { from: 50, word: "ERROR", colour: 31 },
  { from: 40, word: "WARN ", colour: 33 },
  { from: 30, word: "info ", colour: 36 },
  { from: 0, word: "debug", colour: 2 },
] as const;
const DIM = 2;
const WORDS_MAX = 2_000;
const VALUE_MAX = 200;
/** A shorter text may stand in the words by chance. */
const SAID_FROM_CHARACTERS = 8;
/** Of no use to whoever sits before the one process. */
const LEFT_OUT = new Set(["level", "time", "pid", "hostname", "msg", "err", "reqId"]);

type Fields = Readonly<Record<string, unknown>>;

/**
 * One of pino's JSON lines for a person: time, level, words, the few fields. Always one line: what came from outside
 * can neither end it nor command the terminal. An error shows its message and code; its stack is in the JSON.
 */
export function textLine(json: string, { inColour }: TextLineOptions): string {
  const event = JSON.parse(json) as Fields;
  const paint = (text: string, colour: number): string =>
    inColour && text !== "" ? `\u001b[${colour}m${text}\u001b[0m` : text;
  const level = LEVELS.find(({ from }) => Number(event["level"]) >= from) ?? LEVELS[4];
  const words = plain(event["msg"], WORDS_MAX);
  const fields = Object.entries(event)
    .filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && !isSaid(words, name, value))
    .map(([name, value]) => `${name}=${valueText(value)}`);
  const parts = [
    paint(clock(Number(event["time"])), DIM),
    paint(level.word, level.colour),
    [words, ...errorWords(event["err"])].filter((words) => words !== "").join(": "),
    paint(fields.join(" "), DIM),
  ];
  return `${parts.filter((part) => part !== "").join(" ")}\n`;
}

/** Whether the words have it already: `invoice_pdf 0198c7a2-… attempt 1` needs neither id nor attempt once more. */
function isSaid(words: string, name: string, value: unknown): boolean {
  if (typeof value === "string" && value.length >= SAID_FROM_CHARACTERS) return words.includes(value);
  return typeof value === "number" && words.includes(` ${name} ${value} `);
}

/** Local time of day, for the person is there. */
function clock(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}

function plain(value: unknown, max: number): string {
  return typeof value === "string" ? (plainLine(value, max) ?? "") : "";
}

function errorWords(error: unknown): string[] {
  if (typeof error !== "object" || error === null) return [];
  const { message, code } = error as Fields;
  const words = plain(message, WORDS_MAX);
  return [typeof code === "string" ? `${words} [${plain(code, VALUE_MAX)}]` : words];
}

function valueText(value: unknown): string {
  if (typeof value === "string") {
    const text = plain(value, VALUE_MAX);
    return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
  }
  return plain(JSON.stringify(value), VALUE_MAX);
}
