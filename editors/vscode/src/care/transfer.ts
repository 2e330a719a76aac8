/** Transfer: records out to files of JSON or Markdown, and in from what other tools write. */

import { l10n, Uri, window } from "vscode";
import type { Pages } from "../pages/page";
import { resultReport } from "../pages/result_report";
import type { Imported } from "../protocol/generated";
import { failure } from "../server/failure";
import type { Server } from "../server/server";
import { formatsOf } from "./import_formats";

export async function exportRecords(server: Server): Promise<void> {
  const chosen = await window.showQuickPick(
    [
      {
        label: "Markdown",
        description: l10n.t("a folder with a file for each record"),
        format: "markdown" as const,
      },
      { label: "JSON", description: l10n.t("one file, with everything"), format: "json" as const },
    ],
    { title: l10n.t("Export records as") },
  );
  if (chosen === undefined) {
    return;
  }
  const dest = chosen.format === "json" ? await fileToWrite() : await folderToWrite();
  if (dest !== undefined) {
    await server.request("export", { dest, format: chosen.format });
    void window.showInformationMessage(l10n.t("Exported to {0}.", dest));
  }
}

export async function importRecords(server: Server, pages: Pages): Promise<void> {
  const chosen = await window.showOpenDialog({
    openLabel: l10n.t("Import"),
    title: l10n.t("A file or folder to import records from"),
    canSelectFiles: true,
    canSelectFolders: true,
  });
  const src = chosen?.[0]?.fsPath;
  if (src !== undefined) {
    const done = await server.request("import", { src }).catch((error) => importAs(server, src, error));
    if (done !== undefined) {
      const title = l10n.t("magray: what was imported");
      pages.show(title, resultReport(title, done));
    }
  }
}

/** Where the server cannot tell the format, the person says it. */
async function importAs(server: Server, src: string, error: unknown): Promise<Imported | undefined> {
  const formats = formatsOf(failure(error)?.hint ?? "");
  if (formats.length === 0) {
    throw error;
  }
  const from = await window.showQuickPick(formats, {
    title: l10n.t("Import as"),
    placeHolder: l10n.t(
      "What {0} holds cannot be told by itself.",
      Uri.file(src).path.split("/").at(-1) ?? "",
    ),
  });
  return from === undefined ? undefined : server.request("import", { src, from });
}

async function fileToWrite(): Promise<string | undefined> {
  const file = await window.showSaveDialog({ saveLabel: l10n.t("Export"), filters: { JSON: ["json"] } });
  return file?.fsPath;
}

async function folderToWrite(): Promise<string | undefined> {
  const folders = await window.showOpenDialog({
    openLabel: l10n.t("Export"),
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return folders?.[0]?.fsPath;
}
