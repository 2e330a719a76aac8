/** Result report: any answer of the server as headings, facts and tables, for operations without a page of their own. */

import { l10n } from "vscode";
import { fieldName, fieldValue } from "./field_names";
import { facts, Html, html } from "./html";

const MOST_ROWS = 200;

export function resultReport(title: string, value: unknown): Html {
  return html`<h1>${title}</h1>${shownValue(value, 2, "")}`;
}

function shownValue(value: unknown, level: number, parent: string): Html {
  if (Array.isArray(value)) {
    return list(value, parent);
  }
  if (!isObject(value)) {
    return html`<p>${plain(value)}</p>`;
  }
  const entries = Object.entries(value).filter(([, part]) => !isEmpty(part));
  const simple = entries.filter(([, part]) => !isNested(part));
  const nested = entries.filter(([, part]) => isNested(part));
  const table =
    simple.length > 0
      ? facts(simple.map(([name, part]) => [fieldName(name, parent), shownField(name, part, parent)]))
      : html``;
  const parts = nested.map(
    ([name, part]) => html`${heading(fieldName(name, parent), level)}${shownValue(part, level + 1, name)}`,
  );
  return html`${table}${parts}`;
}

function list(values: readonly unknown[], parent: string): Html {
  const rows = values.slice(0, MOST_ROWS);
  const more = values.length - rows.length;
  const rest = more > 0 ? html`<p class="quiet">${l10n.t("… and {0} more", more)}</p>` : html``;
  if (!rows.every(isObject)) {
    return html`<ul>${rows.map((row) => html`<li>${plain(row)}</li>`)}</ul>${rest}`;
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row).filter((name) => !isEmpty(row[name]))))];
  const head = names.map((name) => html`<th scope="col">${fieldName(name, parent)}</th>`);
  const body = rows.map(
    (row) => html`<tr>${names.map((name) => html`<td>${shownField(name, row[name], parent)}</td>`)}</tr>`,
  );
  return html`<table class="grid"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>${rest}`;
}

function heading(text: string, level: number): Html {
  return level <= 2 ? html`<h2>${text}</h2>` : html`<h3>${text}</h3>`;
}

function shownField(name: string, value: unknown, parent: string): string {
  return fieldValue(name, value, parent) ?? plain(value);
}

function plain(value: unknown): string {
  if (value === null || value === undefined) {
    return "";
  }
  if (typeof value === "boolean") {
    return value ? l10n.t("yes") : l10n.t("no");
  }
  if (typeof value === "number") {
    return value.toLocaleString(undefined, { maximumFractionDigits: 3 });
  }
  if (typeof value === "string") {
    return value;
  }
  return Array.isArray(value) ? value.map(plain).join(", ") : JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Html);
}

function isNested(value: unknown): boolean {
  return isObject(value) || (Array.isArray(value) && value.some(isObject));
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}
