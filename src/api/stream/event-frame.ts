// Server-sent events (WHATWG HTML, 9.2): what is written for an event, for the end of a stream, and while nothing happens.
import type { Event, Media } from '../../events/event.ts'
import { withStorableIds } from '../../events/storable-ids.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { type Links, withLinks } from '../../webhooks/bridge/build-post.ts'
import { deliveryBody, withOutcome } from '../../webhooks/stream/delivery-body.ts'
import { hasMedia } from '../../webhooks/stream/media-messages.ts'
import { isMediaEvent, type MediaEvent, outcomeOf } from '../../webhooks/stream/media-outcome.ts'

/** Fields `event` and `data`, as they are for every reader; `withId` completes them. `data` is the body of a webhook, in one line. */
export const eventFields = (event: Event, links: Links): Buffer =>
  Buffer.from(`event: ${event.type}\ndata: ${bodyOf(withStorableIds(event), links)}\n\n`)

/** null: the place of the stream is too long to be given back. */
export const withId = (token: string | null, fields: Buffer): Buffer =>
  token === null ? fields : Buffer.concat([Buffer.from(`id: ${token}\n`), fields])

/** Without data nothing is dispatched, but whoever reads goes on from this id. */
export const comment = (text: string, token: string | null): Buffer => withId(token, Buffer.from(`: ${text}\n\n`))

export const endFrame = (of: { reason: string; detail: string }, nowAt: number): Buffer =>
  Buffer.from(
    `event: stream.ended\ndata: ${JSON.stringify({ type: 'stream.ended', timestamp: isoInstant(nowAt), data: of })}\n\n`,
  )

/** A file's own events have `media`, too, as media.updated has it: whoever shows the message need not ask for it. */
function bodyOf(event: Event, links: Links): string {
  if (isMediaEvent(event)) {
    const outcome = outcomeOf(event)
    const body = withOutcome(deliveryBody(event), announcedBy(event), outcome)
    return withLinks({ body, mediaEventId: event.sourceEventId, hasThumbnail: outcome.hasThumbnail }, links)
  }
  return withLinks(
    { body: deliveryBody(event), mediaEventId: hasMedia(event) ? event.eventId : null, hasThumbnail: false },
    links,
  )
}

/** What a message says of its file is handed on from event to event. */
const announcedBy = ({ mimetype, fileName, width, height, durationSeconds, pages }: MediaEvent): Media => ({
  mimetype: mimetype ?? 'application/octet-stream',
  fileName: fileName ?? null,
  width: width ?? null,
  height: height ?? null,
  durationSeconds: durationSeconds ?? null,
  pages: pages ?? null,
})
