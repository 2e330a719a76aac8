/** Settings for the server: only what the person set, so that an editor's defaults never override config.toml. */

/** Settings of the extension itself, which the server has no use for. */
const OWN = new Set(["serverPath", "home", "autoStart", "trace.server", "citations", "recordLens"]);

export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

export interface Configuration {
  get(name: string): unknown;
  inspect(name: string): Inspected | undefined;
}

export type Settings = { [name: string]: Settings | unknown };

/** A setting of the person's, or what is used where none was set. */
export function setOr<T>(name: string, configuration: Configuration, otherwise: T): T {
  return isSet(configuration.inspect(name)) ? (configuration.get(name) as T) : otherwise;
}

/** The settings among `names` (without the prefix) that were set, as the tree that the server reads. */
export function setByPerson(names: Iterable<string>, configuration: Configuration): Settings {
  const tree: Settings = {};
  for (const name of names) {
    if (!OWN.has(name) && isSet(configuration.inspect(name))) {
      put(tree, name.split("."), configuration.get(name));
    }
  }
  return tree;
}

function isSet(inspected: Inspected | undefined): boolean {
  return (
    inspected !== undefined &&
    [inspected.globalValue, inspected.workspaceValue, inspected.workspaceFolderValue].some(
      (value) => value !== undefined,
    )
  );
}

function put(tree: Settings, parts: string[], value: unknown): void {
  const [first, ...rest] = parts;
  if (first === undefined) {
    return;
  }
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const branch = (tree[first] ?? {}) as Settings;
  tree[first] = branch;
  put(branch, rest, value);
}
