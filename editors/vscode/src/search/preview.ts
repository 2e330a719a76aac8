/** Preview: shows the place of a hit while the person moves through a list, and goes back when nothing is chosen. */

import {
  type Disposable,
  Range,
  Selection,
  TextEditorRevealType,
  type Uri,
  ViewColumn,
  window,
} from "vscode";
import type { Hit } from "../protocol/generated";
import type { Connection } from "../server/client";
import { Debounce } from "./debounce";

const SETTLED_MS = 80;

export interface Target {
  readonly uri: Uri;
  readonly range: Range;
}

export function target(connection: Pick<Connection, "asUri">, hit: Hit): Target | undefined {
  if (hit.location === null) {
    return undefined;
  }
  const { start, end } = hit.location.range;
  return {
    uri: connection.asUri(hit.location.uri),
    range: new Range(start.line, start.character, end.line, end.character),
  };
}

/** Open the place; the cursor stands at its beginning. */
export async function open(place: Target, how: { beside?: boolean; preview?: boolean } = {}): Promise<void> {
  await window.showTextDocument(place.uri, {
    selection: new Range(place.range.start, place.range.start),
    viewColumn: how.beside ? ViewColumn.Beside : ViewColumn.Active,
    preview: how.preview ?? true,
  });
}

export class Preview implements Disposable {
  private readonly settled = new Debounce(SETTLED_MS, false);
  private readonly before = window.activeTextEditor;
  private readonly selection = this.before?.selection;
  private readonly visible = this.before?.visibleRanges[0];
  private shown = false;
  private ended = false;

  show(place: Target | undefined): void {
    if (place === undefined) {
      this.settled.cancel();
      return;
    }
    this.settled.run(() => void this.reveal(place));
  }

  /** Back to what was there, unless something was chosen; only the first call counts. */
  async end(chosen: boolean): Promise<void> {
    if (this.ended) {
      return;
    }
    this.ended = true;
    this.settled.cancel();
    if (chosen || !this.shown || this.before === undefined || this.selection === undefined) {
      return;
    }
    const editor = await window.showTextDocument(this.before.document, {
      viewColumn: this.before.viewColumn ?? ViewColumn.Active,
      selection: this.selection,
      preview: false,
      preserveFocus: true, // another list may be open by now
    });
    if (this.visible !== undefined) {
      editor.revealRange(this.visible, TextEditorRevealType.AtTop);
    }
  }

  dispose(): void {
    this.settled.cancel();
  }

  private async reveal(place: Target): Promise<void> {
    try {
      const editor = await window.showTextDocument(place.uri, {
        preview: true,
        preserveFocus: true,
        viewColumn: this.before?.viewColumn ?? ViewColumn.Active,
      });
      if (this.ended) {
        return;
      }
      this.shown = true;
      editor.selection = new Selection(place.range.start, place.range.start);
      editor.revealRange(place.range, TextEditorRevealType.InCenterIfOutsideViewport);
    } catch {
      // A file that is gone, or no text: opening it says so, looking at it need not.
    }
  }
}
