// The types that webhooks have and the log has not: of no record, so without a schema; told as those of events are.
import type { EventShape } from '../../events/schema-fields.ts'

type DeliveryShape = Pick<EventShape, 'type' | 'doc' | 'when' | 'again' | 'not'> & {
  /** Of `data`: name, type and what it says. */
  data: readonly (readonly [string, string, string])[]
}

export const deliveriesAlone: readonly DeliveryShape[] = [
  {
    type: 'media.updated',
    doc: 'The file of a message that was delivered before is stored now, or failed.',
    when: 'A message went out with `media.status` pending, because its file was not there within `holdMedia`, and what becomes of the file is known now.',
    again:
      'A copy under the same `webhook-id`, whose eventId is that of the media event it tells of; another round of the file is another one.',
    not: 'Messages that went out with what became of their file.',
    data: [
      ['…', '', 'What data of every type begins with, as of the message; eventId is that of the media event.'],
      [
        '`media`',
        'object',
        'As a message has it: status (stored, failed), reason, url, mimetype, sizeBytes, sha256, fileName, width, height, durationSeconds, pages, thumbnailUrl; what is not known is left out.',
      ],
    ],
  },
  {
    type: 'endpoint.tested',
    doc: 'Somebody asked for a test of the endpoint.',
    when: '`POST /v1/endpoints/{id}/test` or `./zaplog webhooks test ID`; it is posted at once, whatever types the endpoint takes.',
    again: 'Never: one that failed is not tried again, and each test has a `webhook-id` of its own.',
    not: 'Listeners.',
    data: [
      ['`eventId`', 'string', 'Made up for this test; no event has it.'],
      ['`endpointId`', 'string', 'The endpoint that is tested.'],
      ['`text`', 'string', 'Says, for people, that this is a test.'],
    ],
  },
]
