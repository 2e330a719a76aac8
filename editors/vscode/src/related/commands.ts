/** Commands of related places. */

import { commands, type ExtensionContext, window } from "vscode";
import type { RelatedParams } from "../protocol/messages";
import { told } from "../records/actions";
import type { Server } from "../server/server";
import { RelatedView } from "./view";

export function registerRelated(context: ExtensionContext, server: Server): void {
  const view = new RelatedView(server);
  context.subscriptions.push(
    view,
    commands.registerCommand("magray.findSimilar", () =>
      told(async () => {
        const editor = window.activeTextEditor;
        if (editor !== undefined) {
          const connection = await server.connect();
          const line = editor.selection.start.line + 1;
          await view.show({ uri: connection.asWireUri(editor.document.uri), line });
        }
      }),
    ),
    commands.registerCommand("magray.showRelated", (params: RelatedParams) => told(() => view.show(params))),
    commands.registerCommand("magray.related.pin", () => view.pin(true)),
    commands.registerCommand("magray.related.unpin", () => view.pin(false)),
  );
}
