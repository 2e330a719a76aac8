/** Coverage view: how much of each folder is indexed, and what is left out by which rule. */

import {
  type Disposable,
  EventEmitter,
  l10n,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  Uri,
  window,
  workspace,
} from "vscode";
import type { Coverage } from "../protocol/generated";
import { failure } from "../server/failure";
import { withTitles } from "../server/hints";
import type { Server } from "../server/server";
import { coverageText } from "./rule_text";

const VIEW = "magray.coverage";

interface Folder {
  readonly type: "folder";
  readonly uri: string;
  readonly coverage: Coverage;
}

interface Rule {
  readonly type: "rule";
  readonly folder: Folder;
  readonly rule: string;
  readonly count: number;
}

interface Entry {
  readonly type: "entry";
  readonly root: string;
  readonly path: string;
  readonly reason: string;
  readonly source: string;
}

/** A folder of which nothing can be told, and why. */
interface Problem {
  readonly type: "problem";
  readonly uri: Uri;
  readonly reason: string;
}

type Node = Folder | Rule | Entry | Problem;

/** The rule's place for files that should have been indexed and were not. */
const SKIPPED = "skipped";

export class CoverageView implements TreeDataProvider<Node>, Disposable {
  private readonly changeEmitter = new EventEmitter<void>();
  private readonly disposables: Disposable[] = [];
  private readonly view: TreeView<Node>;
  private settled = "";

  readonly onDidChangeTreeData = this.changeEmitter.event;

  constructor(private readonly server: Server) {
    this.view = window.createTreeView(VIEW, { treeDataProvider: this });
    this.disposables.push(
      this.view,
      this.changeEmitter,
      server.onCondition(({ state, message }) => {
        const changed = state !== this.settled;
        this.settled = state;
        if (changed && state !== "starting" && state !== "indexing") {
          // What is indexed is not all found where the server works with limits.
          this.view.message = state === "degraded" || state === "error" ? withTitles(message ?? "") : "";
          this.refresh();
        }
      }),
    );
  }

  refresh(): void {
    this.changeEmitter.fire();
  }

  async getChildren(parent?: Node): Promise<Node[]> {
    if (parent === undefined) {
      return this.server.isStarted ? this.folders() : [];
    }
    switch (parent.type) {
      case "folder":
        return rules(parent);
      case "rule":
        return this.entries(parent);
      case "entry":
      case "problem":
        return [];
    }
  }

  getTreeItem(node: Node): TreeItem {
    switch (node.type) {
      case "folder":
        return folderItem(node);
      case "rule":
        return ruleItem(node);
      case "entry":
        return entryItem(node);
      case "problem":
        return problemItem(node);
    }
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private async folders(): Promise<(Folder | Problem)[]> {
    const connection = await this.server.connect();
    const found: (Folder | Problem)[] = [];
    for (const folder of workspace.workspaceFolders ?? []) {
      const uri = connection.asWireUri(folder.uri);
      try {
        const coverage = await this.server.request("coverage", { workspace: uri });
        found.push({ type: "folder", uri, coverage });
      } catch (error) {
        const failed = failure(error);
        if (failed !== undefined) {
          found.push({ type: "problem", uri: folder.uri, reason: failed.message });
        }
      }
    }
    return found;
  }

  private async entries({ folder, rule }: Rule): Promise<Entry[]> {
    const { coverage } = folder;
    if (rule === SKIPPED) {
      return coverage.skipped.map((each) => ({ type: "entry", root: coverage.root, source: "", ...each }));
    }
    const listed = await this.server.request("coverage", { workspace: folder.uri, rules: [rule] });
    return listed.entries.map(({ path, reason, source }) => ({
      type: "entry",
      root: coverage.root,
      path,
      reason,
      source,
    }));
  }
}

function rules(folder: Folder): Rule[] {
  const counts = Object.entries(folder.coverage.left_out).sort(([, one], [, other]) => other - one);
  const skipped = folder.coverage.skipped.length;
  const all = skipped > 0 ? [[SKIPPED, skipped] as const, ...counts] : counts;
  return all.map(([rule, count]) => ({ type: "rule", folder, rule, count }));
}

function folderItem({ coverage }: Folder): TreeItem {
  const item = new TreeItem(Uri.file(coverage.root), TreeItemCollapsibleState.Expanded);
  item.description = coverageText(coverage.files, coverage.not_indexed);
  item.iconPath = new ThemeIcon("root-folder");
  item.tooltip = l10n.t("{0} passages", coverage.passages);
  return item;
}

function problemItem({ uri, reason }: Problem): TreeItem {
  const item = new TreeItem(uri, TreeItemCollapsibleState.None);
  item.description = reason;
  item.iconPath = new ThemeIcon("warning");
  item.tooltip = reason;
  return item;
}

function ruleItem({ rule, count, folder }: Rule): TreeItem {
  const item = new TreeItem(
    rule === SKIPPED
      ? l10n.t("should be indexed, but was skipped")
      : l10n.t("left out: {0}", rule.replaceAll("_", " ")),
    TreeItemCollapsibleState.Collapsed,
  );
  item.id = `${folder.uri}:${rule}`;
  item.description = String(count);
  item.iconPath = new ThemeIcon(rule === SKIPPED ? "warning" : "circle-slash");
  return item;
}

function entryItem({ root, path, reason, source }: Entry): TreeItem {
  const uri = Uri.joinPath(Uri.file(root), path);
  const isFolder = path.endsWith("/");
  const item = new TreeItem(path);
  item.description = reason;
  item.tooltip = source ? `${reason} (${source})` : reason;
  item.iconPath = isFolder ? ThemeIcon.Folder : ThemeIcon.File;
  if (!isFolder) {
    item.command = { command: "vscode.open", title: l10n.t("Open"), arguments: [uri] };
  }
  return item;
}
