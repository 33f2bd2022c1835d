// Points on the map, fixed or live. Without finite coordinates the message stays, and has no location: NaN is not a place. Each update of a
// live one is a message of its own.
import type { proto } from '@whiskeysockets/baileys'
import type { Location } from '../../events/event.ts'
import { type Body, numberOf, textOf } from './body.ts'
import { interactiveOf } from './interactive.ts'

export function convertLocation({ locationMessage: fixed, liveLocationMessage: live }: proto.IMessage): Body | null {
  if (fixed)
    return {
      kind: fixed.isLive ? 'live-location' : 'location',
      text: textOf(fixed.comment),
      location: placeOf(fixed),
      ...(fixed.isLive && { interactive: movement(fixed) }),
      context: fixed.contextInfo,
    }
  if (!live) return null
  const told = { ...live, sequenceNumber: numberOf(live.sequenceNumber), sentAfterSeconds: live.timeOffset }
  return {
    kind: 'live-location',
    text: textOf(live.caption),
    location: pointOf(live),
    interactive: movement(told),
    context: live.contextInfo,
  }
}

/** null: its coordinates are no numbers. */
export function placeOf(fixed: proto.Message.ILocationMessage): Location | null {
  const point = pointOf(fixed)
  return point && { ...point, name: textOf(fixed.name), address: textOf(fixed.address), url: textOf(fixed.url) }
}

type Moving = Pick<
  proto.Message.ILiveLocationMessage,
  'accuracyInMeters' | 'speedInMps' | 'degreesClockwiseFromMagneticNorth'
> & { sequenceNumber?: number | null; sentAfterSeconds?: number | null | undefined }

const movement = (of: Moving): string | null =>
  interactiveOf({
    sequenceNumber: of.sequenceNumber,
    sentAfterSeconds: of.sentAfterSeconds,
    accuracyMeters: of.accuracyInMeters,
    speedMetersPerSecond: of.speedInMps,
    headingDegrees: of.degreesClockwiseFromMagneticNorth,
  })

type Point = { degreesLatitude?: number | null; degreesLongitude?: number | null }

function pointOf({ degreesLatitude: latitude, degreesLongitude: longitude }: Point) {
  return Number.isFinite(latitude) && Number.isFinite(longitude) ? { latitude: latitude ?? 0, longitude: longitude ?? 0 } : null
}
