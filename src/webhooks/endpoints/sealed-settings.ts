// What endpoints keep secret, opened: bound to its endpoint, so that a row copied elsewhere does not open.
import type { Sealer } from '../../runtime/seal.ts'

export const secretsContext = (endpointId: string): string => `webhook_secrets|${endpointId}`
export const headersContext = (endpointId: string): string => `webhook_endpoint_versions|${endpointId}`
export const urlContext = (endpointId: string): string => `webhook_endpoint_versions.url|${endpointId}`

/** `plain`: written by 0.1.0, and not sealed yet. */
export function openUrl(sealer: Sealer, endpointId: string, of: { sealed: Uint8Array | null; plain: string | null }): string {
  const url = of.sealed === null ? of.plain : sealer.open(of.sealed, urlContext(endpointId)).toString('utf8')
  if (url === null) throw new Error(`reading the URL of endpoint ${endpointId}: it was erased`)
  return url
}

export function openHeaders(sealer: Sealer, endpointId: string, sealed: Uint8Array): Record<string, string> | null {
  const headers: Record<string, string> | null = JSON.parse(sealer.open(sealed, headersContext(endpointId)).toString('utf8'))
  return headers && lastOfEach(headers)
}

/** Version 0.1.0 took names that differ by case alone, and sent the last. */
function lastOfEach(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Map(Object.keys(headers).map(name => [name.toLowerCase(), name]))
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.get(name.toLowerCase()) === name))
}
