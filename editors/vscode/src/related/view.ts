/** Related view: places like the one at the cursor. It follows the cursor while it is shown, unless it is pinned. */

import {
  CancellationTokenSource,
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  type TextEditor,
  type TreeDataProvider,
  type TreeItem,
  type TreeView,
  window,
} from "vscode";
import type { Hit, RelatedParams, SearchAnswer } from "../protocol/generated";
import { Debounce } from "../search/debounce";
import { canImprove, viewMessage } from "../search/notices";
import { hitTreeItem } from "../search/results_view";
import { shownIn } from "../search/shown";
import { failure } from "../server/failure";
import type { Server } from "../server/server";

const VIEW = "magray.related";
const SETTLED_MS = 400;
const HITS = 12;

export class RelatedView implements TreeDataProvider<Hit>, Disposable {
  private readonly changeEmitter = new EventEmitter<void>();
  private readonly moved = new Debounce(SETTLED_MS, false);
  private readonly disposables: Disposable[] = [];
  private readonly view: TreeView<Hit>;
  private running: CancellationTokenSource | undefined;
  private answer: SearchAnswer | undefined;
  private pinned = false;
  /** The place that is shown, so that a cursor that stays in its line asks nothing. */
  private place = "";

  readonly onDidChangeTreeData = this.changeEmitter.event;

  constructor(private readonly server: Server) {
    this.view = window.createTreeView(VIEW, { treeDataProvider: this });
    this.disposables.push(
      this.view,
      this.changeEmitter,
      window.onDidChangeTextEditorSelection(({ textEditor }) => this.follow(textEditor)),
      window.onDidChangeActiveTextEditor((editor) => this.follow(editor)),
      this.view.onDidChangeVisibility(() => this.follow(window.activeTextEditor)),
      server.onCondition(({ state }) => {
        if (state === "ready" && (this.answer === undefined || canImprove(this.answer, state))) {
          this.place = "";
          this.follow(window.activeTextEditor);
        }
      }),
    );
    this.pin(false);
  }

  /** Stay with what is shown, or follow the cursor again. */
  pin(pinned: boolean): void {
    this.pinned = pinned;
    void commands.executeCommand("setContext", "magray.related.pinned", pinned);
    this.follow(window.activeTextEditor);
  }

  /** Show places like this one, now. */
  async show(params: RelatedParams): Promise<void> {
    await commands.executeCommand(`${VIEW}.focus`);
    await this.ask(params, params.path ?? params.uri?.split("/").at(-1) ?? "", params.line ?? 1);
  }

  getTreeItem(hit: Hit): TreeItem {
    return hitTreeItem(hit, shownIn(this.answer));
  }

  getChildren(parent?: Hit): Hit[] {
    return parent === undefined ? (this.answer?.hits ?? []) : [];
  }

  dispose(): void {
    this.moved.cancel();
    this.running?.cancel();
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private follow(editor: TextEditor | undefined): void {
    const skipped = this.pinned || !this.view.visible || !this.server.isStarted;
    if (skipped || editor === undefined || editor.document.uri.scheme !== "file") {
      this.moved.cancel();
      return;
    }
    this.moved.run(() => void this.atCursor(editor));
  }

  private async atCursor(editor: TextEditor): Promise<void> {
    const line = editor.selection.active.line + 1;
    const place = `${editor.document.uri.toString()}:${line}`;
    if (place === this.place) {
      return;
    }
    this.place = place;
    const connection = await this.server.connect();
    const name = editor.document.uri.path.split("/").at(-1) ?? "";
    await this.ask({ uri: connection.asWireUri(editor.document.uri), line }, name, line);
  }

  private async ask(params: RelatedParams, name: string, line: number): Promise<void> {
    this.running?.cancel();
    const running = new CancellationTokenSource();
    this.running = running;
    try {
      const answer = await this.server.request("related", { k: HITS, ...params }, { token: running.token });
      if (!running.token.isCancellationRequested) {
        this.fill(answer, `${name}:${line}`, viewMessage(answer, l10n.t("Nothing is like this.")));
      }
    } catch (error) {
      const failed = failure(error);
      if (failed !== undefined && !running.token.isCancellationRequested) {
        this.fill(undefined, `${name}:${line}`, failed.message);
      }
    } finally {
      running.dispose();
    }
  }

  private fill(answer: SearchAnswer | undefined, description: string, message: string): void {
    this.answer = answer;
    this.view.description = description;
    this.view.message = message;
    this.changeEmitter.fire();
  }
}
