/** Running: a request that takes a while, with a progress that can be cancelled. */

import { CancellationTokenSource, ProgressLocation, window } from "vscode";
import type { RequestName, Requests } from "../protocol/messages";
import type { Server } from "../server/server";

export async function running<K extends RequestName>(
  server: Server,
  title: string,
  name: K,
  params: Requests[K]["params"],
): Promise<Requests[K]["result"]> {
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  return window.withProgress(options, async (_progress, token) => {
    const stop = new CancellationTokenSource();
    token.onCancellationRequested(() => stop.cancel());
    try {
      return await server.request(name, params, { token: stop.token });
    } finally {
      stop.dispose();
    }
  });
}
