/** Gutter: marks beside the lines that records are about; another one where the lines changed since. */

import {
  type DecorationOptions,
  type Disposable,
  type ExtensionContext,
  l10n,
  MarkdownString,
  OverviewRulerLane,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  Uri,
  window,
  workspace,
} from "vscode";
import { Debounce } from "../search/debounce";
import type { Server } from "../server/server";
import { type Lens, type Mark, marksOf, markText, SHOW_RECORDS } from "./marks";

const SETTLED_MS = 300;

export class Gutter implements Disposable {
  private readonly fresh: TextEditorDecorationType;
  private readonly stale: TextEditorDecorationType;
  private readonly disposables: Disposable[];
  private readonly settled = new Debounce(SETTLED_MS, false);

  constructor(
    context: ExtensionContext,
    private readonly server: Server,
  ) {
    this.fresh = decoration(context, "memory", "charts.blue");
    this.stale = decoration(context, "memory-changed", "charts.orange");
    const soon = () => this.settled.run(() => void this.all());
    this.disposables = [
      this.fresh,
      this.stale,
      window.onDidChangeVisibleTextEditors(soon),
      workspace.onDidSaveTextDocument(soon),
      server.onRecordsChanged(soon),
      server.onCondition(({ state }) => state === "ready" && soon()),
      workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("magray.citations") && soon()),
    ];
  }

  dispose(): void {
    this.settled.cancel();
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private async all(): Promise<void> {
    await Promise.all(window.visibleTextEditors.map((editor) => this.mark(editor)));
  }

  private async mark(editor: TextEditor): Promise<void> {
    const { uri } = editor.document;
    if (!this.server.isStarted || uri.scheme !== "file") {
      return;
    }
    const marks = workspace.getConfiguration("magray").get<boolean>("citations", true)
      ? await this.marks(uri)
      : [];
    const shown = (some: Mark[]) => some.map((mark) => options(editor, mark));
    editor.setDecorations(this.fresh, shown(marks.filter((mark) => mark.changed.length === 0)));
    editor.setDecorations(this.stale, shown(marks.filter((mark) => mark.changed.length > 0)));
  }

  private async marks(uri: Uri): Promise<Mark[]> {
    try {
      const connection = await this.server.connect();
      const params = { textDocument: { uri: connection.asWireUri(uri) } };
      return marksOf((await connection.send<Lens[] | null>("textDocument/codeLens", params)) ?? []);
    } catch {
      return []; // a document that was just closed; the next change asks again
    }
  }
}

function decoration(context: ExtensionContext, name: string, color: string): TextEditorDecorationType {
  const icon = (theme: string) => Uri.joinPath(context.extensionUri, "media", theme, `${name}.svg`);
  return window.createTextEditorDecorationType({
    dark: { gutterIconPath: icon("dark") },
    light: { gutterIconPath: icon("light") },
    gutterIconSize: "80%",
    overviewRulerColor: new ThemeColor(color),
    overviewRulerLane: OverviewRulerLane.Left,
  });
}

function options(editor: TextEditor, mark: Mark): DecorationOptions {
  const line = Math.min(mark.line, editor.document.lineCount - 1);
  const message = new MarkdownString(undefined, true);
  message.isTrusted = { enabledCommands: [SHOW_RECORDS] };
  const argument = encodeURIComponent(JSON.stringify([{ ids: mark.ids }]));
  message.appendMarkdown(
    `$(bookmark) ${markText(mark)} · [${l10n.t("Open")}](command:${SHOW_RECORDS}?${argument})`,
  );
  return { range: new Range(line, 0, line, editor.document.lineAt(line).text.length), hoverMessage: message };
}
