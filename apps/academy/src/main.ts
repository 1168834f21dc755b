/** The product as it runs. */
import { runStatusplane } from "@statusplane/runtime";
import { ACADEMY } from "./academy.ts";

await runStatusplane(ACADEMY);
