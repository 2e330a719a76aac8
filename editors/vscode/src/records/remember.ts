/** Remember: keeps the selection with where it stands, or a text that is typed, with title, tags and layer. */

import { l10n, type Range, type TextEditor, window } from "vscode";
import type { Remembered, Range as WireRange } from "../protocol/generated";
import { splitWords } from "../search/filter_picker";
import { LAYERS, layerName } from "../search/filters";
import type { Server } from "../server/server";
import { forget } from "./actions";
import { nameOf } from "./grouping";
import { openRecord } from "./open";

/** What the server's code action gives: a place in an open document. */
export interface Selected {
  readonly uri: string;
  readonly range: WireRange;
}

interface Filing {
  readonly title: string;
  readonly tags: string[];
  readonly layer: string;
}

/** Remember what is selected; without a selection, a text that is typed. */
export async function remember(server: Server, given?: unknown): Promise<void> {
  const selected = isSelected(given) ? given : await selection(server, window.activeTextEditor);
  const stored = selected === undefined ? await typed(server) : await fromDocument(server, selected);
  if (stored !== undefined) {
    await said(server, stored);
  }
}

async function selection(server: Server, editor: TextEditor | undefined): Promise<Selected | undefined> {
  if (editor === undefined || editor.selection.isEmpty || editor.document.uri.scheme !== "file") {
    return undefined;
  }
  const connection = await server.connect();
  return { uri: connection.asWireUri(editor.document.uri), range: wire(editor.selection) };
}

async function fromDocument(server: Server, { uri, range }: Selected): Promise<Remembered | undefined> {
  const filing = await askFiling(l10n.t("Title; empty: the definition's name, or the first line"));
  if (filing === undefined) {
    return undefined;
  }
  const argument = { uri, range, tags: filing.tags, layer: filing.layer, title: filing.title || null };
  const params = { command: "magray.server.rememberSelection", arguments: [argument] };
  return server.send<Remembered>("workspace/executeCommand", params);
}

async function typed(server: Server): Promise<Remembered | undefined> {
  const chosen = window.activeTextEditor;
  const text = await window.showInputBox({
    title: l10n.t("Remember"),
    prompt: l10n.t("The text, in Markdown; #tags and [[links]] count"),
    value: selectedText(chosen),
    ignoreFocusOut: true,
  });
  if (!text?.trim()) {
    return undefined;
  }
  const filing = await askFiling(l10n.t("Title; empty: as the text begins"));
  if (filing === undefined) {
    return undefined;
  }
  const title = filing.title ? { title: filing.title } : {};
  return server.request("remember", { text, tag: filing.tags, layer: filing.layer, ...title });
}

function selectedText(editor: TextEditor | undefined): string {
  return editor === undefined || editor.selection.isEmpty ? "" : editor.document.getText(editor.selection);
}

async function askFiling(prompt: string): Promise<Filing | undefined> {
  const title = await window.showInputBox({ title: l10n.t("Remember (1/3)"), prompt, ignoreFocusOut: true });
  if (title === undefined) {
    return undefined;
  }
  const tags = await window.showInputBox({
    title: l10n.t("Remember (2/3)"),
    prompt: l10n.t("Tags, separated by spaces"),
    ignoreFocusOut: true,
  });
  if (tags === undefined) {
    return undefined;
  }
  const layer = await window.showQuickPick(
    LAYERS.map((each) => ({ label: layerName(each), description: about(each), layer: each })),
    { title: l10n.t("Remember (3/3)"), placeHolder: l10n.t("How long it is kept"), ignoreFocusOut: true },
  );
  return layer === undefined
    ? undefined
    : { title: title.trim(), tags: splitWords(tags), layer: layer.layer };
}

function about(layer: (typeof LAYERS)[number]): string {
  const texts = {
    interact: l10n.t("for today; it leaves when it is not used"),
    insights: l10n.t("for months after its last use"),
    assets: l10n.t("for good"),
  };
  return texts[layer];
}

async function said(server: Server, stored: Remembered): Promise<void> {
  const name = nameOf(stored.record);
  const open = l10n.t("Open");
  const undo = l10n.t("Undo");
  const isNew = stored.outcome === "created" || stored.outcome === "restored";
  const buttons = isNew ? [open, undo] : [open];
  const chosen = await window.showInformationMessage(sentence(stored, name), ...buttons);
  if (chosen === open) {
    await openRecord(stored.id);
  } else if (chosen === undo) {
    await forget(server, [stored.id]);
  }
}

function sentence(stored: Remembered, name: string): string {
  const [near] = stored.near;
  if (stored.outcome === "duplicate" || stored.outcome === "unchanged") {
    return l10n.t("{0} has this text already: {1}", stored.id, name);
  }
  if (near !== undefined) {
    return l10n.t("Remembered as {0}: {1}. {2} says nearly the same.", stored.id, name, near.id);
  }
  return l10n.t("Remembered as {0}: {1}", stored.id, name);
}

function isSelected(given: unknown): given is Selected {
  return typeof given === "object" && given !== null && "uri" in given && "range" in given;
}

function wire(range: Range): WireRange {
  return {
    start: { line: range.start.line, character: range.start.character },
    end: { line: range.end.line, character: range.end.character },
  };
}
