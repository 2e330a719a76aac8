/** Offline: whether an installation failed because the package index could not be reached, by what pip says. */

const SIGNS =
  /NewConnectionError|ConnectTimeoutError|NameResolutionError|Failed to establish a new connection|ProxyError|Temporary failure in name resolution|getaddrinfo failed/;

export function isOffline(output: string): boolean {
  return SIGNS.test(output);
}
