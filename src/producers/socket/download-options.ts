// Where Baileys fetches what it downloads by itself, which are snapshots of the app state: at WhatsApp's CDN, or what stands in for it.
import { Agent, Dispatcher1Wrapper } from 'undici'

/** `cdnUrl`: takes the place of WhatsApp's origin; null: nothing does. The connection ends with the download. */
export function downloadOptions(cdnUrl: string | null): { options?: RequestInit } {
  if (cdnUrl === null) return {}
  const { origin } = new URL(cdnUrl)
  const agent = new Agent({ pipelining: 0 }).compose(dispatch => (request, handler) => dispatch({ ...request, origin }, handler))
  // Baileys calls Node's own fetch, whose handlers are those of undici 7, and whose types do not know undici 8.
  const options: object = { dispatcher: new Dispatcher1Wrapper(agent) }
  return { options }
}
