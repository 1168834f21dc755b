import { isMembers } from "@statusplane/client";
import type { ReactNode } from "react";
import { useFormat, type TextAndFormat } from "../text/index.ts";
import { ScrollRegion } from "../ui/index.ts";
import styles from "./generic-result.module.css";

/** More of it than anybody reads on a card. */
const MAX_CHARACTERS = 2_000;
const MAX_MEMBERS = 12;

type Plain = string | number | boolean;

const isPlain = (value: unknown): value is Plain =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

function plainWord(value: Plain, { count, messages }: TextAndFormat): string {
  if (typeof value === "number") return count(value);
  return typeof value === "boolean" ? messages.job.yesNo(value) : value;
}

/** `page_count` as `page count`: the names are the job's own, so there are no other words for them. */
const nameWord = (name: string): string => name.replaceAll("_", " ");

/** The members, if every one can be said in a few words; null otherwise. */
function plainMembers(value: unknown): readonly (readonly [string, Plain])[] | null {
  if (!isMembers(value)) return null;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  const plain = members.filter((member): member is [string, Plain] => isPlain(member[1]));
  return plain.length === members.length && plain.length <= MAX_MEMBERS ? plain : null;
}

/** The result of a job type that the page does not know: names and values where it is as simple as that, else its JSON. */
export function GenericResult({ result }: { readonly result: unknown }): ReactNode {
  const text = useFormat();
  if (result === null || result === undefined || result === "") return null;
  if (isPlain(result)) return <p className={styles.plain}>{plainWord(result, text)}</p>;
  const members = plainMembers(result);
  if (members !== null) {
    if (members.length === 0) return null;
    return (
      <dl className={styles.members}>
        {members.map(([name, value]) => (
          <div key={name}>
            <dt>{nameWord(name)}</dt>
            <dd>{plainWord(value, text)}</dd>
          </div>
        ))}
      </dl>
    );
  }
  const json = JSON.stringify(result, null, 2);
  return (
    <ScrollRegion label={text.messages.job.result}>
      <pre className={styles.json}>
        {json.length > MAX_CHARACTERS ? `${json.slice(0, MAX_CHARACTERS)}…` : json}
      </pre>
    </ScrollRegion>
  );
}
