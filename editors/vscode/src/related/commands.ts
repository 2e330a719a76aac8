/** Commands of related places. */

import { type ExtensionContext, window } from "vscode";
import { register } from "../command";
import type { RelatedParams } from "../protocol/generated";
import type { Server } from "../server/server";
import { RelatedView } from "./view";

export function registerRelated(context: ExtensionContext, server: Server): void {
  const view = new RelatedView(server);
  context.subscriptions.push(view);
  register(context, "findSimilar", async () => {
    const editor = window.activeTextEditor;
    if (editor !== undefined) {
      const connection = await server.connect();
      const line = editor.selection.start.line + 1;
      await view.show({ uri: connection.asWireUri(editor.document.uri), line });
    }
  });
  register(context, "showRelated", (params: RelatedParams) => view.show(params));
  register(context, "related.pin", () => view.pin(true));
  register(context, "related.unpin", () => view.pin(false));
}
