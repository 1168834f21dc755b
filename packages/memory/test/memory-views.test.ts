import { describeViews } from "@statusplane/core/testing/views";
import { openMemoryStatusStore } from "../src/index.ts";

describeViews("memory", async (viewsNow) => openMemoryStatusStore({ viewsNow }));
