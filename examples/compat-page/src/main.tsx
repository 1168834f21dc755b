/** What an older page needs to be given: the tab's one client. Everything below the provider is as it was. */
import { createClient } from "@statusplane/client";
import { StatusplaneProvider } from "@statusplane/client/react";
import { createRoot } from "react-dom/client";
import { Page } from "./page.tsx";

/** The address's fragment: it reaches no server and no log. */
const settings = new URLSearchParams(location.hash.slice(1));
const detail = settings.get("detail");
const client = createClient({
  baseUrl: settings.get("server") ?? "",
  getToken: () => settings.get("token"),
  transport: "poll", // as the page did before; without this line its bars move when their jobs do
  ...(detail === null ? {} : { detail }),
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StatusplaneProvider client={client}>
    <Page />
  </StatusplaneProvider>,
);
