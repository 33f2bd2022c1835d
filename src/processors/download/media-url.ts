// Where a file is fetched from: WhatsApp's hosts over https and nowhere else, whatever the sender wrote into the message.
import { atCdn, isWhatsApps } from '../../convert/media-keys.ts'
import type { MediaSource } from '../../events/event.ts'
import { MediaError } from '../media-error.ts'

const CDN_ORIGIN = 'https://mmg.whatsapp.net'

/** The direct path wins; `cdnUrl` takes the place of every allowed origin. Throws MediaError `no-url`. */
export function mediaUrl(source: Pick<MediaSource, 'url' | 'directPath'>, cdnUrl: string | null): URL {
  const { directPath, url } = source
  const asked = directPath
    ? parse(directPath.startsWith('/') ? `${CDN_ORIGIN}${directPath}` : directPath)
    : url
      ? parse(url)
      : null
  if (asked === null) throw new MediaError('no-url', 'choosing an address: the message names none')
  if (!isWhatsApps(asked))
    throw new MediaError('no-url', `choosing an address: expected https and a host of whatsapp.net, got ${asked.origin}`)
  return atCdn(asked, cdnUrl)
}

const parse = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)
