/** Commands of related places. */

import { type ExtensionContext, l10n, window } from "vscode";
import { register } from "../command";
import type { RelatedParams } from "../protocol/generated";
import type { Server } from "../server/server";
import { RelatedView } from "./view";

export function registerRelated(context: ExtensionContext, server: Server): void {
  const view = new RelatedView(server);
  context.subscriptions.push(view);
  register(context, "findSimilar", async () => {
    const editor = window.activeTextEditor;
    if (editor === undefined) {
      void window.showInformationMessage(
        l10n.t("Open a file first: what is like the cursor's place is found."),
      );
      return;
    }
    const connection = await server.connect();
    const line = editor.selection.start.line + 1;
    await view.show({ uri: connection.asWireUri(editor.document.uri), line });
  });
  register(context, "showRelated", (params: RelatedParams) => view.show(params));
  register(context, "related.pin", () => view.pin(true));
  register(context, "related.unpin", () => view.pin(false));
}
