import { describe, expect, it } from 'vitest'
import { buildPost } from '../../src/webhooks/bridge/build-post.ts'
import {
  deliveryBody,
  MAX_BODY_BYTES,
  mediaBody,
  mediaUpdatedBody,
  withOutcome,
} from '../../src/webhooks/stream/delivery-body.ts'
import { eventHead } from '../../src/webhooks/stream/event-head.ts'
import { outcomeOf } from '../../src/webhooks/stream/media-outcome.ts'
import { anEvent, somebody, testStartAt } from '../ground/events.ts'
import { testSealer } from '../ground/webhooks/open-stream.ts'

const eventId = 'e'.repeat(32)
const at = { eventId, epoch: 3, sequence: 7, occurredAt: testStartAt, recordedAt: testStartAt + 5 }
const chat = { chatId: somebody.lid, chatPn: somebody.pn, senderId: somebody.lid, senderPn: somebody.pn, messageId: 'MESSAGE' }
const head = { eventId, instanceId: 'shop', ...chat, fromMe: false, sequence: 7 }
const mediaSource = {
  mediaKey: Buffer.alloc(32, 1),
  directPath: '/secret',
  url: 'https://cdn.example/secret',
  encSha256: Buffer.alloc(32),
}
const file = { sourceEventId: 'd'.repeat(32), round: 1, kind: 'image', mimetype: 'image/jpeg' }
const message = {
  kind: 'image',
  senderName: 'Somebody',
  isGroup: false,
  text: 'a caption',
  quotedMessageId: 'QUOTED',
  mentions: [somebody.lid],
  forwarded: true,
  viewOnce: null,
  location: { latitude: 1.5, longitude: -2, name: null },
  contacts: [{ displayName: null, vcard: 'BEGIN:VCARD' }],
  poll: { name: 'Lunch?', options: ['yes', 'no'], selectableCount: 1 },
  media: { mimetype: 'image/jpeg', sizeBytes: 10, sha256: 'aa', fileName: null, width: 4, height: 3 },
  mediaSource,
}
describe('bodies in format zaplog', () => {
  it('[E2] a stored file replaces what was announced; everything else stays byte for byte', () => {
    const event = anEvent('message.received', { ...chat, ...message, ...at })
    const outcome = outcomeOf(anEvent('media.stored', { ...file, mimetype: 'image/png', sizeBytes: 11, sha256: 'bb', width: 40 }))
    const body = withOutcome(deliveryBody(event), message.media, outcome)
    const media = { status: 'stored', mimetype: 'image/png', sizeBytes: 11, sha256: 'bb', width: 40, height: 3 }
    const pending = JSON.parse(deliveryBody(event))
    expect(body).toBe(JSON.stringify({ ...pending, data: { ...pending.data, media } }))
    expect(withOutcome(deliveryBody(event), message.media, null)).toBe(deliveryBody(event))
  })

  it('[E2] media.updated carries the message and the file', () => {
    const event = anEvent('message.received', { ...chat, fromMe: false, ...message, ...at })
    const outcome = outcomeOf(anEvent('media.failed', { ...file, reason: 'gone' }))
    const body = mediaUpdatedBody({
      eventId: 'f'.repeat(32),
      occurredAt: testStartAt,
      message: { ...eventHead(event), media: message.media },
      outcome,
    })
    expect(JSON.parse(body)).toEqual({
      type: 'media.updated',
      timestamp: '2026-01-05T12:00:00.000Z',
      data: { ...head, eventId: 'f'.repeat(32), media: { ...mediaBody(message.media, null), status: 'failed', reason: 'gone' } },
    })
  })

  it('[E10] a body above the cap leaves its largest fields out, and says which', () => {
    const event = anEvent('message.received', { ...at, text: 'x'.repeat(300_000), quotedMessageId: 'Q' })
    const body = deliveryBody(event)
    expect(Buffer.byteLength(body)).toBeLessThan(MAX_BODY_BYTES)
    expect(JSON.parse(body).data).toMatchObject({ omitted: ['text'], quotedMessageId: 'Q' })
  })
})

describe('a post', () => {
  const build = (hasThumbnail: boolean) =>
    buildPost(
      {
        sealer: testSealer,
        links: { link: (id, kind) => `https://zaplog.example/m/${id}${kind === 'file' ? '' : '/thumbnail'}` },
        version: '0.2.0',
        clock: () => 1_700_000_000_999,
      },
      {
        delivery: anEvent('delivery.released', {
          deliveryId: `${eventId}_ep_1`,
          endpointId: 'ep_1',
          mediaEventId: eventId,
          hasThumbnail,
          body: JSON.stringify({
            type: 't',
            timestamp: 's',
            data: { eventId, media: { status: 'failed', reason: 'gone', mimetype: 'm' } },
          }),
        }),
        endpoint: {
          isListener: false,
          enabled: true,
          urlSealed: testSealer.seal(Buffer.from('https://example.com/'), 'webhook_endpoint_versions.url|ep_1'),
          plainUrl: null,
          headersSealed: testSealer.seal(Buffer.from('{"X-Tenant":"a"}'), 'webhook_endpoint_versions|ep_1'),
          secretsSealed: [1, 2].map(n =>
            testSealer.seal(Buffer.from(`whsec_${Buffer.alloc(32, n).toString('base64')}`), 'webhook_secrets|ep_1'),
          ),
          succeededAt: null,
          recoveredAt: null,
        },
        attempt: 2,
        skipped: 3,
      },
    )
  it('[E4] carries the links of the moment, the headers of the contract and one signature per secret', () => {
    const url = `https://zaplog.example/m/${eventId}`
    const media = { status: 'failed', reason: 'gone', url, mimetype: 'm', thumbnailUrl: `${url}/thumbnail` }
    const post = build(true)
    expect(post.body).toBe(JSON.stringify({ type: 't', timestamp: 's', data: { eventId, media } }))
    expect(post.headers).toMatchObject({
      'webhook-id': `${eventId}_ep_1`,
      'webhook-timestamp': '1700000000',
      'zaplog-attempt': '2',
      'zaplog-skipped': '3',
      'user-agent': 'zaplog/0.2.0',
      'content-type': 'application/json',
      'x-tenant': 'a',
    })
    expect(post.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    expect(build(false).body).not.toContain('thumbnailUrl')
    expect(build(true).body).toBe(post.body)
  })
})
