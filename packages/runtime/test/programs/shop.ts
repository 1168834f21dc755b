/** An application with variables, a table and no job. */
import { z } from "zod";
import { runStatusplane, variable, wholeNumber } from "../../src/index.ts";

await runStatusplane({
  jobs: [],
  variables: {
    SHOP_NAME: variable(z.string(), "Shop", "its name"),
    SHOP_SHELVES: variable(wholeNumber(1, 9, "shelves"), 4, "shelves"),
  },
  migrations: [{ name: "shop", folder: new URL("../start/migrations/", import.meta.url) }],
});
