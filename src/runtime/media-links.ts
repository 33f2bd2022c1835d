// Stable links to media: the same link for the same file for ever, valid for nothing else, made and checked without a look-up.
import { timingSafeEqual } from 'node:crypto'
import { signLink } from './seal.ts'

export type MediaLinkKind = 'file' | 'thumbnail'
export type MediaLink = { eventId: string; kind: MediaLinkKind; signature: string; expiresAtSeconds: number | null }
export type MediaLinks = {
  /** Without expiresAtSeconds (epoch seconds) the link never ends. */
  link(eventId: string, kind: MediaLinkKind, expiresAtSeconds?: number): string
  /** `invalid` says nothing else of the link can be believed, also not its expiry. */
  verify(link: MediaLink, nowAt: number): 'valid' | 'invalid' | 'expired'
}

/** The path is signed without publicUrl, so that links outlive a move to another host. */
export function createMediaLinks(options: { publicUrl: string; key: Uint8Array }): MediaLinks {
  const origin = options.publicUrl.replace(/\/+$/, '')
  return {
    link: (eventId, kind, expiresAtSeconds) => {
      const path = pathOf(eventId, kind)
      const signature = signLink(options.key, { path, expiresAtSeconds: expiresAtSeconds ?? null })
      return `${origin}${path}?sig=${signature}${expiresAtSeconds === undefined ? '' : `&exp=${expiresAtSeconds}`}`
    },
    verify: (link, nowAt) => {
      const path = pathOf(link.eventId, link.kind)
      const expected = Buffer.from(signLink(options.key, { path, expiresAtSeconds: link.expiresAtSeconds }))
      const given = Buffer.from(link.signature)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid'
      return link.expiresAtSeconds !== null && link.expiresAtSeconds * 1000 <= nowAt ? 'expired' : 'valid'
    },
  }
}

const pathOf = (eventId: string, kind: MediaLinkKind): string => (kind === 'file' ? `/m/${eventId}` : `/m/${eventId}/thumbnail`)
