/** Page: a webview that shows HTML of ours, without scripts; the same page is used again. */

import { type Disposable, ViewColumn, type WebviewPanel, window } from "vscode";
import { escapeHtml, type Html } from "./html";
import { STYLE } from "./style";

export class Pages implements Disposable {
  private readonly panels = new Map<string, WebviewPanel>();

  /** Show a page under its title; one that is open is filled anew. */
  show(title: string, body: Html): void {
    const panel = this.panels.get(title) ?? this.create(title);
    panel.webview.html = documentOf(title, body);
    panel.reveal(undefined, false);
  }

  isOpen(title: string): boolean {
    return this.panels.has(title);
  }

  dispose(): void {
    for (const panel of this.panels.values()) {
      panel.dispose();
    }
  }

  private create(title: string): WebviewPanel {
    const panel = window.createWebviewPanel("magray.page", title, ViewColumn.Active, {
      enableFindWidget: true,
    });
    this.panels.set(title, panel);
    panel.onDidDispose(() => this.panels.delete(title));
    return panel;
  }
}

function documentOf(title: string, body: Html): string {
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>${body.text}</main></body>
</html>`;
}
