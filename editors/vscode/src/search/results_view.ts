/** Results view: what a search found, kept in the side bar in its ranking. */

import {
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  type TreeView,
  window,
} from "vscode";
import type { Hit } from "../protocol/generated";
import { hitText, type Shown } from "./hit_text";
import { viewMessage } from "./notices";
import type { Found } from "./picker";
import { shownIn } from "./shown";

export const VIEW = "magray.results";

export class ResultsView implements TreeDataProvider<Hit>, Disposable {
  private readonly changeEmitter = new EventEmitter<void>();
  private readonly view: TreeView<Hit>;
  private found: Found | undefined;

  readonly onDidChangeTreeData = this.changeEmitter.event;

  constructor() {
    this.view = window.createTreeView(VIEW, { treeDataProvider: this });
  }

  async show(found: Found): Promise<void> {
    this.found = found;
    this.view.description = found.query;
    this.view.message = viewMessage(found.answer);
    this.changeEmitter.fire();
    const [first] = found.answer.hits;
    if (first === undefined) {
      await commands.executeCommand(`${VIEW}.focus`);
    } else {
      await this.view.reveal(first, { focus: true });
    }
  }

  clear(): void {
    this.found = undefined;
    this.view.description = "";
    this.view.message = "";
    this.changeEmitter.fire();
  }

  getTreeItem(hit: Hit): TreeItem {
    return hitTreeItem(hit, shownIn(this.found?.answer));
  }

  getChildren(parent?: Hit): Hit[] {
    return parent === undefined ? (this.found?.answer.hits ?? []) : [];
  }

  getParent(): undefined {
    return undefined;
  }

  dispose(): void {
    this.view.dispose();
    this.changeEmitter.dispose();
  }
}

/** A hit as a line of a tree, which opens its place. */
export function hitTreeItem(hit: Hit, shown: Shown): TreeItem {
  const text = hitText(hit, shown);
  const item = new TreeItem(text.label);
  item.iconPath = new ThemeIcon(text.icon);
  item.description = text.description;
  item.tooltip = hit.snippet;
  item.accessibilityInformation = {
    label: `${text.kind} ${text.label}, ${text.description}, ${text.detail}`,
  };
  item.command = { command: "magray.openHit", title: l10n.t("Open"), arguments: [hit] };
  return item;
}
