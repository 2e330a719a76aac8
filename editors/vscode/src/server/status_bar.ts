/** Status bar: the state of the server, its device and what is still to come; a click opens the report. */

import { type Disposable, l10n, StatusBarAlignment, ThemeColor, window } from "vscode";
import type { Server } from "./server";
import { statusText } from "./status_text";

const SETTLED_MS = 500;

export class StatusBar implements Disposable {
  private readonly item = window.createStatusBarItem("magray.status", StatusBarAlignment.Right, 90);
  private readonly disposables: Disposable[] = [];
  private device: string | null = null;
  private pending = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {
    this.item.name = l10n.t("magray: semantic memory");
    this.item.command = "magray.status";
    this.disposables.push(
      server.onCondition(() => {
        this.show();
        this.refreshSoon();
      }),
    );
    this.show();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.item.dispose();
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
  }

  private show(): void {
    const { condition } = this.server;
    const text = statusText(condition, this.device, this.pending);
    this.item.text = text.text;
    this.item.tooltip = text.tooltip;
    this.item.accessibilityInformation = { label: text.tooltip, role: "button" };
    this.item.backgroundColor =
      text.severity === undefined ? undefined : new ThemeColor(`statusBarItem.${text.severity}Background`);
    if (condition.state === "stopped") {
      this.item.hide();
    } else {
      this.item.show();
    }
  }

  /** Device and pending passages are asked for once the state has settled. */
  private refreshSoon(): void {
    clearTimeout(this.timer);
    if (this.server.condition.state === "ready" || this.server.condition.state === "degraded") {
      this.timer = setTimeout(() => void this.refresh(), SETTLED_MS);
    }
  }

  private async refresh(): Promise<void> {
    try {
      const status = await this.server.request("health", {});
      this.device = status.device.actual;
      this.pending = status.vaults.reduce((sum, vault) => sum + vault.pending - vault.approximate, 0);
    } catch {
      return; // the next state asks again
    }
    this.show();
  }
}
