/** Commands of records, and the view and file system that they work on. */

import { type ExtensionContext, window, workspace } from "vscode";
import { register } from "../command";
import type { Server } from "../server/server";
import { editTags, forget, pin, restoreFromTrash, undoForget } from "./actions";
import { RecordFileSystem } from "./file_system";
import { type By, GROUPINGS } from "./grouping";
import { RecordHistory, showHistory } from "./history";
import { MemoryView, type RecordNode } from "./memory_view";
import { openRecord, openRecords } from "./open";
import { remember } from "./remember";
import { HISTORY_SCHEME, idOf, SCHEME } from "./uris";

const BY = "magray.records.by";

export function registerRecords(context: ExtensionContext, server: Server): void {
  const files = new RecordFileSystem(server);
  const view = new MemoryView(server, context.globalState.get<By>(BY, "layer"));
  const group = async (by: By) => {
    view.group(by);
    await context.globalState.update(BY, by);
  };
  const on = (name: string, act: (...given: never[]) => unknown) => register(context, name, act);

  context.subscriptions.push(
    files,
    view,
    workspace.registerFileSystemProvider(SCHEME, files, { isCaseSensitive: true }),
    workspace.registerTextDocumentContentProvider(HISTORY_SCHEME, new RecordHistory(server)),
  );
  on("remember", () => remember(server));
  on("rememberSelection", (given: unknown) => remember(server, given));
  on("showRecords", (given: { ids: string[] }) => openRecords(server, given.ids));
  on("records.refresh", async () => {
    await server.connect();
    view.refresh();
  });
  for (const by of GROUPINGS) {
    on(`records.by${by[0]?.toUpperCase()}${by.slice(1)}`, () => group(by));
  }
  on("records.open", (node?: RecordNode) => eachOf(node, undefined, ([id]) => openRecord(id)));
  on("records.pin", (node?: RecordNode, all?: RecordNode[]) =>
    eachOf(node, all, (ids) => pin(server, ids, true)),
  );
  on("records.unpin", (node?: RecordNode, all?: RecordNode[]) =>
    eachOf(node, all, (ids) => pin(server, ids, false)),
  );
  on("records.forget", (node?: RecordNode, all?: RecordNode[]) =>
    eachOf(node, all, (ids) => forget(server, ids)),
  );
  on("records.history", (node?: RecordNode) => eachOf(node, undefined, ([id]) => showHistory(server, id)));
  on("records.tags", (node?: RecordNode) =>
    eachOf(node, undefined, async ([id]) =>
      editTags(server, id, node?.record.tags ?? (await server.request("show", { id })).tags),
    ),
  );
  on("undoForget", () => undoForget(server));
  on("trash", () => restoreFromTrash(server));
}

/** Act on the nodes that a menu names, else on the record in the editor. */
async function eachOf(
  node: RecordNode | undefined,
  all: readonly RecordNode[] | undefined,
  act: (ids: [string, ...string[]]) => Promise<void>,
): Promise<void> {
  const nodes = all ?? (node === undefined ? [] : [node]);
  const document = window.activeTextEditor?.document.uri;
  const open = document?.scheme === SCHEME ? idOf(document.path) : undefined;
  const named = nodes.filter((each) => "record" in each).map((each) => each.record.id);
  const [first, ...rest] = named.length > 0 ? named : open === undefined ? [] : [open];
  if (first !== undefined) {
    await act([first, ...rest]);
  }
}
