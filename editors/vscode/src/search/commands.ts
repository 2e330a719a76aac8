/** Commands of searching: search, recall, and what is kept of them in the side bar. */

import { commands, type ExtensionContext } from "vscode";
import type { Hit } from "../protocol/messages";
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
  context.subscriptions.push(
    results,
    commands.registerCommand("magray.search", (query?: unknown) => pick("search", query)),
    commands.registerCommand("magray.recall", (query?: unknown) => pick("recall", query)),
    commands.registerCommand("magray.results.clear", () => results.clear()),
    commands.registerCommand("magray.openHit", async (hit: Hit) => {
      const place = target(await server.connect(), hit);
      if (place !== undefined) {
        await open(place);
      }
    }),
  );
}
