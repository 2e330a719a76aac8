/** Hints of the server: what it says to run, by the name that the palette has for it. */

/** A text of the manifest; the editor keeps the English one beside a translation. */
type Localized = string | { readonly value: string };

interface Manifest {
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: Localized;
      readonly category?: Localized;
    }[];
  };
}

/** Requests whose command is called otherwise here. */
const OTHERWISE: Readonly<Record<string, string>> = { health: "status" };

let titles: ReadonlyMap<string, string> = new Map();

/** Learn the titles, in the editor's language. */
export function learnTitles(manifest: Manifest): void {
  titles = new Map(
    manifest.contributes.commands.map(({ command, title, category }) => [
      command,
      category === undefined ? textOf(title) : `${textOf(category)}: ${textOf(title)}`,
    ]),
  );
}

/** A sentence of the server, in which commands are called as a person finds them. */
export function withTitles(text: string): string {
  return text.replaceAll(/\bthe command magray\.server\.(\w+)/g, (whole, name: string) => {
    const title = titles.get(`magray.${OTHERWISE[name] ?? name}`);
    return title === undefined ? whole : `“${title}”`;
  });
}

function textOf(text: Localized): string {
  return typeof text === "string" ? text : text.value;
}
