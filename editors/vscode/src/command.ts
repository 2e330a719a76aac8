/** Commands: registered so that a failure is said in the server's sentence, and a cancelled one not at all. */

import { commands, type ExtensionContext, window } from "vscode";
import { failure } from "./server/failure";

/** Register `magray.NAME`. */
export function register(context: ExtensionContext, name: string, act: (...given: never[]) => unknown): void {
  const run = (...given: never[]) => told(async () => act(...given));
  context.subscriptions.push(commands.registerCommand(`magray.${name}`, run));
}

/** Do it; a failure is shown, and nothing is given back. */
export async function told<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const failed = failure(error);
    if (failed !== undefined) {
      void window.showErrorMessage(failed.message);
    }
    return undefined;
  }
}
