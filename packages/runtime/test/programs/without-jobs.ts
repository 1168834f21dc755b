/** The program alone. */
import { runStatusplane } from "../../src/index.ts";

await runStatusplane({ jobs: [] });
