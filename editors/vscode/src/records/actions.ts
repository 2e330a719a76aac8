/** Actions on records: pin, tag, forget and take back. What fails is said in the server's sentence. */

import { l10n, window } from "vscode";
import { told } from "../command";
import { splitWords } from "../search/filter_picker";
import type { Server } from "../server/server";
import { nameOf } from "./grouping";
import { recordDescription } from "./record_text";

/** What was forgotten last, for undo. */
let forgotten: string[] = [];

/** Move records to the trash, and offer to take that back. */
export async function forget(server: Server, ids: readonly string[]): Promise<void> {
  await told(async () => {
    const done = await server.request("forget", { ids: [...ids] });
    forgotten = [...ids];
    const undo = l10n.t("Undo");
    const [first] = done.records;
    const message =
      done.records.length === 1 && first !== undefined
        ? l10n.t("Forgotten: {0}", nameOf(first))
        : l10n.t("{0} records were forgotten.", done.records.length);
    // Not awaited: the message may stay there for a while.
    void window.showInformationMessage(message, undo).then(async (chosen) => {
      if (chosen === undo) {
        await takeBack(server, ids);
      }
    });
  });
}

/** Take back what was forgotten last. */
export async function undoForget(server: Server): Promise<void> {
  if (forgotten.length > 0) {
    await takeBack(server, forgotten);
  } else {
    await restoreFromTrash(server);
  }
}

export async function restoreFromTrash(server: Server): Promise<void> {
  await told(async () => {
    const { records } = await server.request("trash.list", {});
    if (records.length === 0) {
      void window.showInformationMessage(l10n.t("The trash is empty."));
      return;
    }
    const items = records.map((record) => ({
      label: nameOf(record),
      description: recordDescription(record),
      id: record.id,
    }));
    const chosen = await window.showQuickPick(items, {
      title: l10n.t("Trash"),
      placeHolder: l10n.t("Choose what to take back"),
      canPickMany: true,
    });
    if (chosen !== undefined && chosen.length > 0) {
      await takeBack(
        server,
        chosen.map((item) => item.id),
      );
    }
  });
}

export async function pin(server: Server, ids: readonly string[], pinned: boolean): Promise<void> {
  await told(() => server.request(pinned ? "pin" : "unpin", { ids: [...ids] }));
}

/** Ask for the tags of a record, and add and remove what differs. */
export async function editTags(server: Server, id: string, tags: readonly string[]): Promise<void> {
  const given = await window.showInputBox({
    title: l10n.t("Tags"),
    prompt: l10n.t("Tags, separated by spaces"),
    value: tags.join(" "),
  });
  if (given === undefined) {
    return;
  }
  const wanted = splitWords(given);
  const add = wanted.filter((tag) => !tags.includes(tag));
  const remove = tags.filter((tag) => !wanted.includes(tag));
  if (add.length + remove.length > 0) {
    await told(() => server.request("tag", { id, add, remove }));
  }
}

async function takeBack(server: Server, ids: readonly string[]): Promise<void> {
  await told(async () => {
    await server.request("trash.restore", { ids: [...ids] });
    forgotten = [];
    window.setStatusBarMessage(l10n.t("Taken back from the trash."), 5_000);
  });
}
