/** Memory view: the records of the notebook as a tree by layer, tag or project, and the trash. */

import {
  type Disposable,
  EventEmitter,
  l10n,
  MarkdownString,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  Uri,
  window,
} from "vscode";
import type { Record } from "../protocol/generated";
import { recordIcon } from "../search/hit_text";
import { failure } from "../server/failure";
import type { Server } from "../server/server";
import { type By, type Group, grouped, nameOf } from "./grouping";
import { recordCard, recordDescription } from "./record_text";
import { pathOf, SCHEME } from "./uris";

const VIEW = "magray.records";
const PAGE = 1_000;
const MOST_PAGES = 10;

export interface RecordNode {
  readonly record: Record;
  /** The group that it stands in, so that one in two groups is two nodes. */
  readonly group: string;
}

type Node = Group | RecordNode;

export class MemoryView implements TreeDataProvider<Node>, Disposable {
  private readonly changeEmitter = new EventEmitter<void>();
  private readonly disposables: Disposable[] = [];
  readonly view: TreeView<Node>;
  readonly onDidChangeTreeData = this.changeEmitter.event;

  constructor(
    private readonly server: Server,
    private by: By,
  ) {
    this.view = window.createTreeView<Node>(VIEW, { treeDataProvider: this, canSelectMany: true });
    this.disposables.push(
      this.view,
      this.changeEmitter,
      server.onRecordsChanged(() => this.refresh()),
      // A server that has come has records to show; nothing is started only because the view is there.
      server.onCondition(() => this.serverChanged()),
    );
  }

  group(by: By): void {
    this.by = by;
    this.refresh();
  }

  refresh(): void {
    this.changeEmitter.fire();
  }

  async getChildren(parent?: Node): Promise<Node[]> {
    if (parent !== undefined) {
      return "records" in parent
        ? parent.records.map((record) => ({ record, group: `${parent.by}:${parent.name}` }))
        : [];
    }
    if (!this.server.isStarted) {
      return [];
    }
    try {
      const { records, complete } = await this.all();
      this.view.message = complete
        ? ""
        : l10n.t("The {0} records that changed last are shown.", records.length);
      return grouped(records, this.by);
    } catch (error) {
      this.view.message = failure(error)?.message ?? "";
      return [];
    }
  }

  getTreeItem(node: Node): TreeItem {
    return "record" in node ? recordItem(node) : groupItem(node);
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private wasReady = false;

  private serverChanged(): void {
    const ready =
      this.server.isStarted && !["starting", "stopped", "missing"].includes(this.server.condition.state);
    if (ready !== this.wasReady) {
      this.wasReady = ready;
      this.refresh();
    }
  }

  private async all(): Promise<{ records: Record[]; complete: boolean }> {
    const records: Record[] = [];
    let after: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const found: { records: Record[]; next: string | null } = await this.server.request("list", {
        limit: PAGE,
        ...(after === null ? {} : { after }),
      });
      records.push(...found.records);
      after = found.next;
      if (after === null) {
        return { records, complete: true };
      }
    }
    return { records, complete: false };
  }
}

function groupItem(group: Group): TreeItem {
  const item = new TreeItem(group.label, TreeItemCollapsibleState.Expanded);
  item.id = `${group.by}:${group.name}`;
  item.description = String(group.records.length);
  item.contextValue = "group";
  item.iconPath = new ThemeIcon(
    group.by === "layer" ? recordIcon(group.name) : group.by === "tag" ? "tag" : "project",
  );
  item.accessibilityInformation = { label: l10n.t("{0}, {1} records", group.label, group.records.length) };
  return item;
}

function recordItem({ record, group }: RecordNode): TreeItem {
  const item = new TreeItem(nameOf(record));
  item.id = `${group}:${record.id}`;
  item.description = recordDescription(record);
  item.tooltip = new MarkdownString(recordCard(record));
  item.contextValue = record.pinned ? "record.pinned" : "record";
  item.iconPath = new ThemeIcon(record.pinned ? "pinned" : recordIcon(record.layer));
  const pinned = record.pinned ? `, ${l10n.t("pinned")}` : "";
  item.accessibilityInformation = { label: `${nameOf(record)}, ${recordDescription(record)}${pinned}` };
  item.command = {
    command: "vscode.open",
    title: l10n.t("Open"),
    arguments: [Uri.from({ scheme: SCHEME, path: pathOf(record.id) })],
  };
  return item;
}
