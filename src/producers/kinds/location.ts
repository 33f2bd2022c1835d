// Points on the map, fixed or live. One without coordinates is not a location.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, textOf } from './body.ts'

export function convertLocation({ locationMessage: fixed, liveLocationMessage: live }: proto.IMessage): Body | null {
  const point = fixed ?? live
  if (!point || typeof point.degreesLatitude !== 'number' || typeof point.degreesLongitude !== 'number') return null
  const coordinates = { latitude: point.degreesLatitude, longitude: point.degreesLongitude }
  if (!fixed) return { kind: 'live-location', text: textOf(live?.caption), location: coordinates, context: point.contextInfo }
  const location = { ...coordinates, name: textOf(fixed.name), address: textOf(fixed.address), url: textOf(fixed.url) }
  return { kind: fixed.isLive ? 'live-location' : 'location', text: textOf(fixed.comment), location, context: fixed.contextInfo }
}
