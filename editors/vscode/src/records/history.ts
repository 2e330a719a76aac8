/** History of a record: its former texts, each compared with the one after it. */

import { commands, l10n, type TextDocumentContentProvider, Uri, window } from "vscode";
import type { Server } from "../server/server";
import { nameOf } from "./grouping";
import { recordUri } from "./open";
import { HISTORY_SCHEME } from "./uris";

/** `magray-history:/n17/3.md`: the state before the last but three. */
export class RecordHistory implements TextDocumentContentProvider {
  constructor(private readonly server: Server) {}

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const [, id = "", file = ""] = uri.path.split("/");
    const { history } = await this.server.request("show", { id });
    return history[Number.parseInt(file, 10)]?.text ?? "";
  }
}

export async function showHistory(server: Server, id: string): Promise<void> {
  const record = await server.request("show", { id });
  if (record.history.length === 0) {
    void window.showInformationMessage(l10n.t("{0} was never changed.", id));
    return;
  }
  const items = record.history.map((state, index) => ({
    label: `${day(state.from)} – ${day(state.until)}`,
    description: state.title ?? "",
    detail: state.text.split("\n")[0] ?? "",
    index,
  }));
  const chosen = await window.showQuickPick(items, {
    title: l10n.t("History of {0}", nameOf(record)),
    placeHolder: l10n.t("Choose a state to compare with the one after it"),
  });
  if (chosen === undefined) {
    return;
  }
  const former = historyUri(id, chosen.index);
  const after = chosen.index === 0 ? recordUri(id) : historyUri(id, chosen.index - 1);
  await commands.executeCommand("vscode.diff", former, after, `${nameOf(record)} (${chosen.label})`);
}

function historyUri(id: string, index: number): Uri {
  return Uri.from({ scheme: HISTORY_SCHEME, path: `/${id}/${index}.md` });
}

function day(time: string): string {
  return new Date(time).toLocaleString();
}
