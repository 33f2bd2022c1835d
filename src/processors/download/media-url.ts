// Where a file is fetched from: WhatsApp's hosts over https and nowhere else, whatever the sender wrote into the message.
import { atCdn, isWhatsApps } from '../../convert/media-keys.ts'
import type { MediaSource } from '../../events/event.ts'
import { MediaError } from '../media-error.ts'

const CDN_ORIGIN = 'https://mmg.whatsapp.net'

/** The direct path wins; `cdnUrl` takes the place of every allowed origin. Throws MediaError `no-url`. */
export function mediaUrl(source: Pick<MediaSource, 'url' | 'directPath'>, cdnUrl: string | null): URL {
  const asked = askedOf(source)
  if (asked === null) throw new MediaError('no-url', 'choosing an address: the message names none')
  if (!isWhatsApps(asked))
    throw new MediaError('no-url', `choosing an address: expected https and a host of whatsapp.net, got ${asked.origin}`)
  return atCdn(asked, cdnUrl)
}

/** When what is behind the link is gone from WhatsApp's CDN, as the link says it; null: it does not. */
export function linkEndsAt(source: Pick<MediaSource, 'url' | 'directPath'>): number | null {
  const endsAt = askedOf(source)?.searchParams.get('oe') ?? ''
  return /^[0-9a-f]{8}$/i.test(endsAt) ? Number.parseInt(endsAt, 16) * 1000 : null
}

function askedOf({ directPath, url }: Pick<MediaSource, 'url' | 'directPath'>): URL | null {
  if (directPath) return parse(directPath.startsWith('/') ? `${CDN_ORIGIN}${directPath}` : directPath)
  return url ? parse(url) : null
}

const parse = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)
