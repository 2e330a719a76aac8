/** What modules without an editor use of its API. */

export const l10n = {
  t(message: string, ...args: unknown[]): string {
    const values = (typeof args[0] === "object" && args[0] !== null ? args[0] : args) as Record<
      string,
      unknown
    >;
    return message.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  },
};

/** Named by modules whose pure parts are tested; no test shows anything. */
export const window = {};
