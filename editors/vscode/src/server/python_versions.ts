/** Python versions: the interpreters to try for an environment of our own, each as a command line. */

const OLDEST = 11;
const NEWEST = 14;

export function oldestPython(): string {
  return `3.${OLDEST}`;
}

/** The usual name first, after the one that the person has chosen. */
export function pythons(platform: NodeJS.Platform, chosen: string): [string, ...string[]][] {
  const minors = Array.from({ length: NEWEST - OLDEST + 1 }, (_, index) => NEWEST - index);
  const found: [string, ...string[]][] =
    platform === "win32"
      ? [...minors.map((minor): [string, string] => ["py", `-3.${minor}`]), ["py", "-3"], ["python"]]
      : [["python3"], ...minors.map((minor): [string] => [`python3.${minor}`]), ["python"]];
  // What an editor calls its default is "python", which is no choice.
  return chosen && chosen !== "python" ? [[chosen], ...found] : found;
}
