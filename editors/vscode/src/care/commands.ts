/** Commands of care: the state, indexing, backups, moving in and out, and figures of use. */

import { type ExtensionContext, env, l10n, Uri, window } from "vscode";
import { register } from "../command";
import { bytes } from "../pages/amounts";
import { healthReport } from "../pages/health_report";
import { Pages } from "../pages/page";
import { resultReport } from "../pages/result_report";
import { failure } from "../server/failure";
import type { Server } from "../server/server";
import { restore } from "./restore";
import { exportRecords, importRecords } from "./transfer";

export function registerCare(context: ExtensionContext, server: Server): void {
  const pages = new Pages();
  context.subscriptions.push(
    pages,
    server.onCondition(() => void refreshHealth(server, pages)),
  );
  register(context, "status", () => showHealth(server, pages));
  register(context, "index", () => index(server).catch(indexedElsewhere));
  register(context, "stats", async () => {
    const title = l10n.t("magray: use");
    pages.show(title, resultReport(title, await server.request("stats", {})));
  });
  register(context, "backup", () => backup(server));
  register(context, "restore", () => restore(server, pages));
  register(context, "export", () => exportRecords(server));
  register(context, "import", () => importRecords(server, pages));
  register(context, "log", () => server.log.show());
}

function healthTitle(): string {
  return l10n.t("magray: health");
}

async function showHealth(server: Server, pages: Pages): Promise<void> {
  pages.show(healthTitle(), healthReport(await server.request("health", {})));
}

/** A report that is open follows the state. */
async function refreshHealth(server: Server, pages: Pages): Promise<void> {
  const settled = server.condition.state === "ready" || server.condition.state === "degraded";
  if (settled && pages.isOpen(healthTitle())) {
    await showHealth(server, pages).catch(() => undefined);
  }
}

async function index(server: Server): Promise<void> {
  const report = await server.request("index", {});
  const skipped = report.skipped.length;
  const done = l10n.t("Indexed: {0} files, {1} passages.", report.files, report.passages);
  if (skipped === 0) {
    window.setStatusBarMessage(done, 5_000);
    return;
  }
  const show = l10n.t("Show");
  const message = `${done} ${skippedText(skipped)}`;
  if ((await window.showWarningMessage(message, show)) === show) {
    for (const file of report.skipped) {
      server.log.warn(`${file.path}: ${file.reason}`);
    }
    server.log.show();
  }
}

function skippedText(count: number): string {
  return count === 1
    ? l10n.t("1 file should have been indexed and was not.")
    : l10n.t("{0} files should have been indexed and were not.", count);
}

/** Another window keeps the index up to date: that is an answer. */
function indexedElsewhere(error: unknown): void {
  const failed = failure(error);
  if (failed?.code !== "indexed_elsewhere") {
    throw error;
  }
  void window.showInformationMessage(
    l10n.t("Another window or program indexes this folder; what it finds is searched here too."),
  );
}

async function backup(server: Server): Promise<void> {
  const made = await server.request("backup.backup", {});
  const show = l10n.t("Show in folder");
  const message = l10n.t("Backed up to {0} ({1}).", made.file, bytes(made.bytes));
  if ((await window.showInformationMessage(message, show)) === show) {
    await env.openExternal(Uri.joinPath(Uri.file(made.file), ".."));
  }
}
