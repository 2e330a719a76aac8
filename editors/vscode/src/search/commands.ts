/** Commands of searching: search, recall, and what is kept of them in the side bar. */

import type { ExtensionContext } from "vscode";
import { register } from "../command";
import type { Hit } from "../protocol/generated";
import type { Server } from "../server/server";
import { SearchPicker, type Verb } from "./picker";
import { open, target } from "./preview";
import { ResultsView } from "./results_view";

export function registerSearch(context: ExtensionContext, server: Server): void {
  const results = new ResultsView();
  const pick = async (verb: Verb, query: unknown) => {
    const connection = await server.connect();
    const text = typeof query === "string" ? query : undefined;
    new SearchPicker(server, connection, verb, (found) => void results.show(found), text).show();
  };
  context.subscriptions.push(results);
  register(context, "search", (query?: unknown) => pick("search", query));
  register(context, "recall", (query?: unknown) => pick("recall", query));
  register(context, "results.clear", () => results.clear());
  register(context, "openHit", async (hit: Hit) => {
    const place = target(await server.connect(), hit);
    if (place !== undefined) {
      await open(place);
    }
  });
}
