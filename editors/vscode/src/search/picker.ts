/** Picker: search and recall as you type, in a list that keeps the server's ranking. */

import {
  CancellationTokenSource,
  type Disposable,
  l10n,
  type QuickInputButton,
  QuickInputButtons,
  type QuickPick,
  type QuickPickItem,
  QuickPickItemKind,
  ThemeIcon,
  window,
  workspace,
} from "vscode";
import type { Hit, SearchAnswer } from "../protocol/generated";
import type { Connection } from "../server/client";
import { failure } from "../server/failure";
import type { Server } from "../server/server";
import { setOr } from "../server/settings";
import { Debounce } from "./debounce";
import { explained } from "./explanation";
import { chooseFilters } from "./filter_picker";
import { asParams, type Filters, inWords, KINDS, kindName, NONE, next, SCOPES, scopeName } from "./filters";
import { hitText, type Shown } from "./hit_text";
import { canImprove, isApproximate, isByWordsOnly, notices } from "./notices";
import { open, Preview, target } from "./preview";
import { shownIn } from "./shown";

export type Verb = "search" | "recall";

export interface Found {
  readonly verb: Verb;
  readonly query: string;
  readonly filters: Filters;
  readonly answer: SearchAnswer;
}

interface HitItem extends QuickPickItem {
  readonly hit?: Hit;
}

/** Hits of a list where the person has set no number: it can be scrolled. */
const HITS = 30;
/** While the index or the model is still to come, an answer that lacks them is asked for again this often. */
const IMPROVE_MS = 700;

const BUTTON_BESIDE: QuickInputButton = {
  iconPath: new ThemeIcon("split-horizontal"),
  tooltip: l10n.t("Open to the side"),
};
const BUTTON_WHY: QuickInputButton = {
  iconPath: new ThemeIcon("question"),
  tooltip: l10n.t("Why this result"),
};

/** What was typed and chosen last, for the next time. */
const last: Record<Verb, { query: string; filters: Filters }> = {
  search: { query: "", filters: NONE },
  recall: { query: "", filters: NONE },
};

export class SearchPicker implements Disposable {
  private readonly pick: QuickPick<HitItem> = window.createQuickPick<HitItem>();
  private readonly typing = new Debounce();
  private readonly preview = new Preview();
  private readonly improving = new Debounce(IMPROVE_MS, false);
  private readonly heard: Disposable;
  private running: CancellationTokenSource | undefined;
  private found: Found | undefined;
  private filters: Filters;
  /** Set while another list of ours takes the place of this one. */
  private covered = false;

  constructor(
    private readonly server: Server,
    private readonly connection: Connection,
    private readonly verb: Verb,
    private readonly keep: (found: Found) => void,
    query?: string,
  ) {
    this.filters = last[verb].filters;
    // The server has ranked the hits; sorting them by their labels would undo that.
    Object.assign(this.pick, { sortByLabel: false });
    this.pick.matchOnDescription = false;
    this.pick.matchOnDetail = false;
    this.pick.placeholder =
      verb === "search"
        ? l10n.t("Ask a question, or type a name: code, notes and records")
        : l10n.t("Ask what was remembered: “what did we decide last week”");
    this.pick.onDidChangeValue((value) => this.typed(value));
    this.pick.onDidChangeActive(([item]) => this.moved(item));
    this.pick.onDidAccept(() => void this.accept());
    this.pick.onDidTriggerButton((button) => void this.pressed(button));
    this.pick.onDidTriggerItemButton(({ button, item }) => void this.itemPressed(button, item));
    this.pick.onDidHide(() => this.hidden());
    this.heard = server.onCondition(() => this.improve());
    this.pick.value = query ?? last[verb].query;
  }

  show(): void {
    this.decorate();
    this.pick.show();
    if (this.pick.value.trim()) {
      void this.ask();
    }
  }

  dispose(): void {
    this.running?.cancel();
    this.typing.cancel();
    this.improving.cancel();
    this.heard.dispose();
    this.preview.dispose();
    this.pick.dispose();
  }

  private typed(value: string): void {
    last[this.verb].query = value;
    this.running?.cancel();
    if (value.trim() === "") {
      this.typing.cancel();
      this.pick.items = [];
      this.pick.busy = false;
      return;
    }
    this.typing.run(() => void this.ask());
  }

  private async ask(): Promise<void> {
    const query = this.pick.value.trim();
    this.running?.cancel();
    const running = new CancellationTokenSource();
    this.running = running;
    this.pick.busy = true;
    const filters = this.filters;
    const show = (answer: SearchAnswer) => {
      if (!running.token.isCancellationRequested) {
        const same = this.found?.query === query && this.found.filters === filters;
        this.found = { verb: this.verb, query, filters, answer };
        this.fill(answer, same);
      }
    };
    try {
      const params = { ...asParams(filters), query, k: hits() };
      show(await this.server.request(this.verb, params, { token: running.token, onPartial: show }));
    } catch (error) {
      if (!running.token.isCancellationRequested) {
        this.pick.items = [notice("error", failure(error)?.message ?? String(error))];
      }
    } finally {
      if (this.running === running) {
        this.pick.busy = false;
        this.running = undefined;
      }
      running.dispose();
    }
  }

  /** The server has come further: what was not the whole answer may be now. */
  private improve(): void {
    const answer = this.found?.answer;
    if (answer !== undefined && canImprove(answer, this.server.condition.state)) {
      this.improving.run(() => void this.ask());
    }
  }

  /** `same`: a better answer to the same question, in which a row that was moved to stays the active one. */
  private fill(answer: SearchAnswer, same: boolean): void {
    const [before] = this.pick.activeItems;
    const chosen = same && before !== this.pick.items[0] ? before?.hit?.passage : undefined;
    const shown = shownIn(answer);
    const items = answer.hits.map((hit) => hitItem(hit, shown));
    this.pick.items = [...items, ...notices(answer).map(({ icon, text }) => notice(icon, text))];
    const active = items.find((item) => chosen !== undefined && item.hit?.passage === chosen) ?? items[0];
    if (active !== undefined) {
      this.pick.activeItems = [active];
    }
    this.decorate();
  }

  private decorate(): void {
    const words = inWords(this.filters);
    const name = this.verb === "search" ? l10n.t("Search memory") : l10n.t("Recall");
    const answer = this.found?.answer;
    const time = answer?.time;
    const when = time === undefined ? "" : `${time.since.slice(0, 10)} … ${time.until.slice(0, 10)}`;
    const limited = answer === undefined ? "" : limitOf(answer);
    this.pick.title = [name, words, when, limited].filter((part) => part !== "").join(" — ");
    this.pick.buttons = [
      button("search-scope", "layers", l10n.t("Where: {0}", scopeName(this.filters.scope))),
      button("search-kind", "symbol-misc", l10n.t("What: {0}", kindName(this.filters.kind))),
      button("search-filters", words ? "filter-filled" : "filter", l10n.t("More filters")),
      button("search-keep", "layout-sidebar-left", l10n.t("Keep the results in the side bar")),
    ];
  }

  private moved(item: HitItem | undefined): void {
    if (item?.hit !== undefined) {
      this.preview.show(target(this.connection, item.hit));
    }
  }

  private async accept(): Promise<void> {
    const hit = this.pick.activeItems[0]?.hit;
    const place = hit === undefined ? undefined : target(this.connection, hit);
    if (place !== undefined) {
      await this.leave(() => open(place, { preview: false }));
    }
  }

  private async pressed(pressed: QuickInputButton): Promise<void> {
    switch ((pressed as Named).name) {
      case "search-scope":
        return this.filter({ ...this.filters, scope: next(SCOPES, this.filters.scope) });
      case "search-kind":
        return this.filter({ ...this.filters, kind: next(KINDS, this.filters.kind) });
      case "search-filters":
        return this.cover(async () => this.filter(await chooseFilters(this.filters)));
      case "search-keep":
        return this.keepResults();
    }
  }

  private async itemPressed(pressed: QuickInputButton, item: HitItem): Promise<void> {
    const hit = item.hit;
    if (hit === undefined) {
      return;
    }
    if (pressed === BUTTON_WHY) {
      await this.cover(() => this.explain(hit));
      return;
    }
    const place = target(this.connection, hit);
    if (place !== undefined) {
      await this.leave(() => open(place, { beside: true, preview: false }));
    }
  }

  private async keepResults(): Promise<void> {
    const found = this.found;
    if (found !== undefined) {
      await this.leave(async () => this.keep(found));
    }
  }

  private filter(filters: Filters): void {
    this.filters = filters;
    last[this.verb].filters = filters;
    this.decorate();
    if (this.pick.value.trim()) {
      void this.ask();
    }
  }

  /** Show another list, then this one again. */
  private async cover(other: () => Promise<void>): Promise<void> {
    this.covered = true;
    try {
      await other();
    } finally {
      this.covered = false;
      this.pick.show();
      if (this.found !== undefined) {
        this.fill(this.found.answer, true); // a list that was hidden has lost its rows
      }
    }
  }

  private async explain(hit: Hit): Promise<void> {
    const found = this.found;
    if (found === undefined) {
      return;
    }
    const params = { ...asParams(found.filters), query: found.query, k: hits(), explain: true };
    const answer = await this.server.request(this.verb, params);
    const again = answer.hits.find((other) => other.passage === hit.passage && other.id === hit.id);
    await showExplanation(again ?? hit);
  }

  private async leave(act: () => Promise<void>): Promise<void> {
    await this.preview.end(true);
    this.pick.hide();
    await act();
  }

  private hidden(): void {
    if (!this.covered) {
      void this.preview.end(false);
      this.dispose();
    }
  }
}

function hits(): number {
  return setOr("search.k", workspace.getConfiguration("magray"), HITS);
}

/** What all rows lack, for the title. */
function limitOf(answer: SearchAnswer): string {
  if (isByWordsOnly(answer)) {
    return l10n.t("by words only");
  }
  return isApproximate(answer) ? l10n.t("not embedded yet") : "";
}

interface Named extends QuickInputButton {
  readonly name: string;
}

function button(name: string, icon: string, tooltip: string): Named {
  return { name, iconPath: new ThemeIcon(icon), tooltip };
}

function hitItem(hit: Hit, shown: Shown): HitItem {
  const text = hitText(hit, shown);
  return {
    hit,
    label: `$(${text.icon}) ${text.label}`,
    description: text.description,
    detail: text.detail,
    alwaysShow: true,
    buttons: [BUTTON_WHY, BUTTON_BESIDE],
  };
}

function notice(icon: string, text: string): HitItem {
  return { label: `$(${icon}) ${text}`, alwaysShow: true };
}

async function showExplanation(hit: Hit): Promise<void> {
  const steps = explained(hit.explain ?? []);
  await new Promise<void>((resolve) => {
    const pick = window.createQuickPick();
    pick.title = l10n.t("Why this result: {0}", hitText(hit).label);
    pick.placeholder = l10n.t("Score {0}", hit.score.toFixed(3));
    pick.buttons = [QuickInputButtons.Back];
    pick.items = [
      ...steps.map((step) => ({
        label: `${step.change}  ${step.name}`,
        description: step.bar,
        alwaysShow: true,
      })),
      { label: "", kind: QuickPickItemKind.Separator },
      { label: `= ${hit.score.toFixed(3)}`, alwaysShow: true },
    ];
    pick.onDidTriggerButton(() => pick.hide());
    pick.onDidAccept(() => pick.hide());
    pick.onDidHide(() => {
      pick.dispose();
      resolve();
    });
    pick.show();
  });
}
