import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { askYesNo } from "../../src/cli/ask-at-terminal.ts";

it.each<[answer: string | null, agreed: boolean]>([
  ["y\n", true],
  ["YES\n", true],
  ["\n", false],
  ["n\n", false],
  ["maybe y\n", false],
  [null, false],
])("the answer %j to a question means %j", async (answer, agreed) => {
  const [input, output] = [new PassThrough(), new PassThrough({ encoding: "utf8" })];
  const asked = askYesNo({ input, output }, "Install it?");
  if (answer === null) input.end();
  else input.write(answer);
  expect(await asked).toBe(agreed);
  expect(output.read()).toBe("Install it? [y/N] ");
});
