/** Commands of coverage: the view, and why a file is in the index or not. */

import {
  type ExtensionContext,
  l10n,
  Range,
  TabInputCustom,
  TabInputNotebook,
  TabInputNotebookDiff,
  TabInputText,
  TabInputTextDiff,
  Uri,
  window,
  workspace,
} from "vscode";
import { register } from "../command";
import type { Server } from "../server/server";
import { noFileText, whyText } from "./rule_text";
import { CoverageView } from "./view";

export function registerCoverage(context: ExtensionContext, server: Server): void {
  const view = new CoverageView(server);
  context.subscriptions.push(view);
  register(context, "coverage.refresh", async () => {
    await server.connect();
    view.refresh();
  });
  register(context, "why", (given?: Uri) => why(server, given));
}

/** Say how a file stands: the one that a menu names, else the one in the editor, else one that is chosen. */
async function why(server: Server, given: Uri | undefined): Promise<void> {
  const uri = given ?? activeUri() ?? (await chosenFile());
  if (uri === undefined) {
    return;
  }
  if (uri.scheme !== "file") {
    void window.showInformationMessage(noFileText(uri));
    return;
  }
  const connection = await server.connect();
  const folder = workspace.getWorkspaceFolder(uri);
  const inFolder = folder === undefined ? {} : { workspace: connection.asWireUri(folder.uri) };
  const { files } = await server.request("why", { paths: [connection.asWireUri(uri)], ...inFolder });
  const [standing] = files;
  if (standing === undefined) {
    return;
  }
  const rule = ruleFile(standing.source, folder?.uri);
  const open = l10n.t("Open the rule");
  const buttons = rule === undefined ? [] : [open];
  if ((await window.showInformationMessage(whyText(standing), ...buttons)) === open && rule !== undefined) {
    await window.showTextDocument(rule.uri, { selection: rule.range });
  }
}

/** What the tab in front shows: also a picture or a notebook, which are no texts. */
function activeUri(): Uri | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof TabInputTextDiff || input instanceof TabInputNotebookDiff) {
    return input.modified;
  }
  const has =
    input instanceof TabInputText || input instanceof TabInputNotebook || input instanceof TabInputCustom;
  return has ? input.uri : undefined;
}

async function chosenFile(): Promise<Uri | undefined> {
  return (await window.showOpenDialog({ title: l10n.t("Why is this file not here?") }))?.[0];
}

/** The file and line that a rule stands in: `.gitignore:3`. */
function ruleFile(source: string, root: Uri | undefined) {
  const match = /^(.+?)(?::(\d+))?$/.exec(source);
  if (root === undefined || match?.[1] === undefined || !/ignore$|\.toml$/.test(match[1])) {
    return undefined;
  }
  const line = Math.max(0, Number.parseInt(match[2] ?? "1", 10) - 1);
  const uri = match[1].startsWith("/") ? Uri.file(match[1]) : Uri.joinPath(root, match[1]);
  return { uri, range: new Range(line, 0, line, 0) };
}
