/** Import formats: those that the server names where a source may be any of them. */

/** The formats of a hint as `--from json, markdown` or `--from mem0 or --from chatgpt`; none of any other. */
export function formatsOf(hint: string): string[] {
  return hint.startsWith("--from ")
    ? hint
        .replaceAll("--from ", "")
        .split(/, | or /)
        .filter((name) => /^[\w-]+$/.test(name))
    : [];
}
