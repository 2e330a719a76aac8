/** Activation: registers what a person can reach. The language client is loaded with the first use. */

import * as os from "node:os";
import { type ExtensionContext, window, workspace } from "vscode";
import { registerCare } from "./care/commands";
import { Gutter } from "./citations/gutter";
import { register } from "./command";
import { registerCoverage } from "./coverage/commands";
import { registerRecords } from "./records/commands";
import { registerRelated } from "./related/commands";
import { registerSearch } from "./search/commands";
import { learnTitles } from "./server/hints";
import { defaultHome, indexedRoots, isIndexed } from "./server/indexed_roots";
import { installServer, offerInstall } from "./server/install";
import { Server } from "./server/server";
import { StatusBar } from "./server/status_bar";

let server: Server | undefined;

export function activate(context: ExtensionContext): void {
  learnTitles(context.extension.packageJSON);
  const log = window.createOutputChannel("magray", { log: true });
  const started = new Server(context, log, (problem) => void offerInstall(started, problem));
  server = started;
  context.subscriptions.push(log, started, new StatusBar(started), new Gutter(context, started));
  registerServer(context, started);
  registerSearch(context, started);
  registerRecords(context, started);
  registerRelated(context, started);
  registerCoverage(context, started);
  registerCare(context, started);
  void startWhereIndexed(started);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

function registerServer(context: ExtensionContext, started: Server): void {
  register(context, "restartServer", () => started.restart());
  register(context, "installServer", () => installServer(started));
}

/** A folder that has an index is kept up to date from the start; any other waits for the first use. */
async function startWhereIndexed(started: Server): Promise<void> {
  const settings = workspace.getConfiguration("magray");
  if (!settings.get<boolean>("autoStart", true)) {
    return;
  }
  const folders = (workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
  const home =
    settings.get<string>("home", "").trim() || defaultHome(process.env, os.homedir(), process.platform);
  const roots = await indexedRoots(home);
  const paths = folders.map((folder) => folder.uri.fsPath);
  if (isIndexed(paths, roots)) {
    await started.connect().catch(() => undefined);
  }
}
