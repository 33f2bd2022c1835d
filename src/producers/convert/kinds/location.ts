// Points on the map, fixed or live. Without finite coordinates the message stays, and has no location: NaN is not a place.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, textOf } from './body.ts'

export function convertLocation({ locationMessage: fixed, liveLocationMessage: live }: proto.IMessage): Body | null {
  if (fixed) {
    const point = pointOf(fixed)
    const location = point && { ...point, name: textOf(fixed.name), address: textOf(fixed.address), url: textOf(fixed.url) }
    return {
      kind: fixed.isLive ? 'live-location' : 'location',
      text: textOf(fixed.comment),
      location,
      context: fixed.contextInfo,
    }
  }
  return live ? { kind: 'live-location', text: textOf(live.caption), location: pointOf(live), context: live.contextInfo } : null
}

type Point = { degreesLatitude?: number | null; degreesLongitude?: number | null }

function pointOf({ degreesLatitude: latitude, degreesLongitude: longitude }: Point) {
  return Number.isFinite(latitude) && Number.isFinite(longitude) ? { latitude: latitude ?? 0, longitude: longitude ?? 0 } : null
}
