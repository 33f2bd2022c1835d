// An event as webhooks say it, with the links of this moment, for whoever shows events without sending them.
import type { Event, Media } from '../../events/event.ts'
import { withStorableIds } from '../../events/storable-ids.ts'
import { deliveryBody, withOutcome } from '../stream/delivery-body.ts'
import { linkedFileOf } from '../stream/media-messages.ts'
import { isMediaEvent, type MediaEvent, outcomeOf } from '../stream/media-outcome.ts'
import { type Links, withLinks } from './build-post.ts'

export type { Links }

/**
 * The body of a webhook, as JSON in one line. A file's own events have `media`, too, as media.updated has it: whoever shows the message
 * need not ask for it.
 */
export function eventBody(of: Event, links: Links): string {
  const event = withStorableIds(of)
  if (!isMediaEvent(event))
    return withLinks({ body: deliveryBody(event), mediaEventId: linkedFileOf(event), hasThumbnail: false }, links)
  const outcome = outcomeOf(event)
  const body = withOutcome(deliveryBody(event), announcedBy(event), outcome)
  return withLinks({ body, mediaEventId: event.sourceEventId, hasThumbnail: outcome.hasThumbnail }, links)
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
