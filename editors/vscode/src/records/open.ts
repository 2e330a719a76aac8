/** Opens records as documents. */

import { l10n, Uri, window, workspace } from "vscode";
import type { Server } from "../server/server";
import { nameOf } from "./grouping";
import { recordDescription } from "./record_text";
import { pathOf, SCHEME } from "./uris";

export function recordUri(id: string): Uri {
  return Uri.from({ scheme: SCHEME, path: pathOf(id) });
}

export async function openRecord(id: string): Promise<void> {
  const document = await workspace.openTextDocument(recordUri(id));
  await window.showTextDocument(document, { preview: true });
}

/** Open one of several records, which the person chooses. */
export async function openRecords(server: Server, ids: readonly string[]): Promise<void> {
  const [only] = ids;
  if (only === undefined || ids.length === 1) {
    return only === undefined ? undefined : openRecord(only);
  }
  const records = await Promise.all(ids.map((id) => server.request("show", { id })));
  const items = records.map((record) => ({
    label: nameOf(record),
    description: `${record.id} ${recordDescription(record)}`,
    detail: record.text.split("\n")[0] ?? "",
    id: record.id,
  }));
  const chosen = await window.showQuickPick(items, { title: l10n.t("Memories about these lines") });
  if (chosen !== undefined) {
    await openRecord(chosen.id);
  }
}
