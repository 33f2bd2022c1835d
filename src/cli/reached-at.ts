// Where something that listens on an address is reached from this machine.

/** As a URL names it. Who listens on all addresses is reached by the nearest. */
export function reachedAt(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
