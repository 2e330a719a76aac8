/** Restore: chooses a backup, shows what it would change, and does it only after that was agreed to. */

import { l10n, Uri, window } from "vscode";
import { bytes, time } from "../pages/amounts";
import type { Pages } from "../pages/page";
import { resultReport } from "../pages/result_report";
import type { Backup } from "../protocol/generated";
import type { Server } from "../server/server";

export async function restore(server: Server, pages: Pages): Promise<void> {
  const archive = await choose(server);
  if (archive === undefined) {
    return;
  }
  const merge = await how();
  if (merge === undefined) {
    return;
  }
  const title = l10n.t("magray: what restoring would change");
  const planned = await server.request("restore", { archive, merge, dry_run: true });
  pages.show(title, resultReport(title, planned));
  const go = l10n.t("Restore");
  const detail = l10n.t(
    "{0}\n\nThe page behind this question shows what would change. The present state is backed up before.",
    archive,
  );
  const question = merge
    ? l10n.t("Add the records of this backup?")
    : l10n.t("Replace all records by this backup?");
  if ((await window.showWarningMessage(question, { modal: true, detail }, go)) !== go) {
    return;
  }
  const done = await server.request("restore", { archive, merge, yes: true });
  const after = l10n.t("magray: what was restored");
  pages.show(after, resultReport(after, done));
}

async function choose(server: Server): Promise<string | undefined> {
  const { backups } = await server.request("backup.list", {});
  const other = { label: `$(folder-opened) ${l10n.t("Another file…")}`, description: "", file: "" };
  const items = [...backups].reverse().map((backup) => ({
    label: `$(archive) ${time(backup.created)}`,
    description: descriptionOf(backup),
    file: backup.file,
  }));
  const chosen = await window.showQuickPick([...items, other], {
    title: l10n.t("Restore from which backup?"),
  });
  if (chosen === undefined || chosen.file) {
    return chosen?.file;
  }
  const files = await window.showOpenDialog({ openLabel: l10n.t("Restore"), canSelectMany: false });
  return files?.[0]?.fsPath;
}

async function how(): Promise<boolean | undefined> {
  const chosen = await window.showQuickPick(
    [
      { label: l10n.t("Replace"), description: l10n.t("the records are those of the backup"), merge: false },
      {
        label: l10n.t("Merge"),
        description: l10n.t("records of the backup are added to those of now"),
        merge: true,
      },
    ],
    { title: l10n.t("How to restore?") },
  );
  return chosen?.merge;
}

function descriptionOf(backup: Backup): string {
  const name = Uri.file(backup.file).path.split("/").at(-1) ?? "";
  const count = backup.records === null ? "" : recordsText(backup.records);
  return [count, bytes(backup.bytes), backup.problem ?? "", name].filter((part) => part !== "").join(" · ");
}

function recordsText(count: number): string {
  return count === 1 ? l10n.t("1 record") : l10n.t("{0} records", count);
}
