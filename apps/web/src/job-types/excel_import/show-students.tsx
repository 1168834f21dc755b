import type { ReactNode } from "react";
import { goTo } from "../../browser/index.ts";
import { useFormat } from "../../text/index.ts";
import { Button } from "../../ui/index.ts";
import { wordsOf } from "./words.ts";

export function ShowStudents(): ReactNode {
  const words = wordsOf(useFormat());
  return (
    <Button look="plain" onClick={() => goTo("students")}>
      {words.showStudents}
    </Button>
  );
}
