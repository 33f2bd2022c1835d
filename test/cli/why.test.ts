// Guarantee: what became of an event is told in the order of time, with what to do next for whatever is not as it should be, and fits 60 columns.
import { expect, test } from 'vitest'
import { readApiSettings } from '../../src/cli/api-settings.ts'
import { lagTable } from '../../src/cli/lag.ts'
import { explain } from '../../src/cli/why.ts'
import type { Delivery, Facts } from '../../src/cli/why-facts.ts'
import { describeFacts, nextSteps, timelineOf } from '../../src/cli/why-told.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const record = { topic: 'wa.events', partition: 3, offset: '12', recordedAt: '2026-01-05T12:00:01.000Z', sizeBytes: 412 }
const media = {
  ...{ status: 'stored', reason: null, stage: null, retryable: null, detail: null, mimetype: 'image/jpeg', sizeBytes: 48_213 },
  url: 'https://zap.example/m/one?sig=abc',
}
const message = {
  ...{ eventId: 'one', messageId: '3EB0', chatId: '1@lid', kind: 'image', occurredAt: '2026-01-05T12:00:00.000Z', media },
  ...{ editedAt: null, revokedAt: null, undecryptable: null, commandId: null, status: null },
}
const link = { url: media.url, status: 200, error: null, sizeBytes: 48_213, cache: 'public, max-age=60' }
const delivered: Delivery = {
  ...{
    id: 'one_two',
    endpointId: 'two',
    type: 'message.received',
    state: 'delivered',
    error: null,
    statusCode: 204,
    retryAt: null,
  },
  timeline: [
    { at: '2026-01-05T12:00:02.000Z', what: 'matched', detail: null, until: null },
    { at: null, what: 'delivered', detail: null, until: null },
  ],
}
const facts: Facts = {
  event: {
    ...{ eventId: 'one', instanceId: 'shop', type: 'message.received', messageId: '3EB0', row: 'message', record },
    ...{ body: { timestamp: '2026-01-05T12:00:00.000Z' }, lookedAt: [] },
  },
  ...{ message, command: null, deliveries: [delivered], link },
}
const command = {
  ...{ commandId: 'c1', messageId: '3EB0', chatId: '1@lid', queuedUntil: '2026', waitsFor: null, result: null },
  ...{ state: 'failed', reason: 'not-on-whatsapp', reasonText: 'The number is not on WhatsApp.' },
}

test('[H7] what happened is in order; what has no time stays behind what it came after', () => {
  const edited = { ...message, editedAt: '2026-01-05T12:00:01.500Z' }
  const early = {
    ...delivered,
    endpointId: 'three',
    timeline: [{ at: '2026-01-05T12:00:01.200Z', what: 'matched', detail: null, until: null }],
  }
  expect(
    timelineOf({ ...facts, message: edited, deliveries: [delivered, early] }).map(({ what, detail }) => [what, detail]),
  ).toEqual([
    ['happened', ''],
    ['recorded', 'wa.events/3 at 12'],
    ['matched', 'three'],
    ['edited', ''],
    ['matched', 'two'],
    ['delivered', 'two'],
  ])
})

const withMedia = (given: object): Partial<Facts> => ({ message: { ...message, media: { ...media, ...given } } })
const to = (given: Partial<Delivery>): Partial<Facts> => ({ deliveries: [{ ...delivered, ...given }] })

test.each<[string, Partial<Facts>, string[]]>([
  ['all is well', {}, []],
  [
    'no record',
    { event: { ...facts.event, record: null, lookedAt: ['wa.events/3 from the last 20000 records: not among 12 records'] } },
    ['its record was not found: wa.events/3 from the last 20000 records: not among 12 records'],
  ],
  ['no endpoint', { deliveries: [] }, ['no endpoint was sent it: ./zaplog webhooks list says what each takes']],
  [
    'a file on its way',
    withMedia({ status: 'pending' }),
    ['its file is being fetched: ask again, or see ./zaplog status where it stays so'],
  ],
  [
    'a file that may come',
    withMedia({ status: 'failed', reason: 'timeout', stage: 'download', retryable: true }),
    ['its file failed: timeout, in download; it is tried again by itself while tries are left'],
  ],
  [
    'a file nobody wanted',
    withMedia({ status: 'skipped' }),
    ['its file was not fetched, by choice: it is from before the device was linked'],
  ],
  [
    'a lost object',
    { link: { ...link, status: 404 } },
    ['its link answers 404: the object is gone from the store, or PUBLIC_URL leads elsewhere'],
  ],
  [
    'a link to nowhere',
    { link: { ...link, status: null, error: 'ECONNREFUSED' } },
    ['its link does not answer: ECONNREFUSED; PUBLIC_URL has to lead to zaplog'],
  ],
  ['a command that failed', { command }, ['its command failed: The number is not on WhatsApp.; send it anew']],
  [
    'a receiver that fails',
    to({ state: 'retrying', retryAt: '2026', statusCode: 500 }),
    ['the delivery to two is tried again at 2026: answered 500; ./zaplog webhooks test two tries the receiver now'],
  ],
  [
    'a dead letter',
    to({ state: 'dead', error: 'gave up', statusCode: 410 }),
    [
      'the delivery to two was given up: gave up; mend the receiver (./zaplog webhooks test two), then ./zaplog dead-letters redrive gives it back',
    ],
  ],
  ['a hold', to({ state: 'held' }), ['the delivery to two is held for a file, or behind one in its chat: it goes out by itself']],
])('[H7] next, where there is %s', (_, given, next) => {
  expect(nextSteps({ ...facts, ...given }, './zaplog')).toEqual(next)
})

test('[H7] all of it fits 60 columns but for what is one word, and nothing that is left to do is said to be', () => {
  const text = describeFacts(facts, { timeline: timelineOf(facts), next: [] }, 60)
  const tooWide = text.split('\n').filter(line => line.length > 60 && / .* /.test(line.trim()))
  expect(tooWide).toEqual([])
  expect(text.replaceAll(/\s+/g, ' ')).toContain('record wa.events/3 at 12, 412 bytes')
  expect(text).toContain('- nothing is left to do')
})

test('[H7] of the lag the longest is first, what cannot be known is not called none, and it fits 60 columns', () => {
  const of = (consumerGroup: string, lagRecords: number, lagMs: number | null) => ({
    ...{ consumerGroup, topic: 'wa.events', partitions: 24, lagRecords, lagMs },
    behind: lagRecords === 0 ? [] : [{ partition: 3 }, { partition: 7 }],
  })
  const all = [of('zaplog.read-model', 0, 0), of('zaplog.webhooks', 12, 3_400), of('zaplog.store-media', 2, null)]
  const table = lagTable(all, 200)
  expect(
    table
      .split('\n')
      .slice(1, 4)
      .map(line => line.split(/ {2,}/)),
  ).toEqual([
    ['zaplog.webhooks', 'wa.events', '12', '3.4', '3 7'],
    ['zaplog.store-media', 'wa.events', '2', 'unknown', '3 7'],
    ['zaplog.read-model', 'wa.events', '0', '0.0'],
  ])
  expect(table.split('\n').at(-1)).toBe('2 of 3 are behind')
  expect(
    lagTable(all, 60)
      .split('\n')
      .filter(line => line.length > 60),
  ).toEqual([])
})

test('[H7] WhatsApp’s id of a message is that of the only account there is, and no id of an event is taken for one', async () => {
  const asked: string[] = []
  const answers = {
    '/v1/instances?limit=200': {
      data: [{ id: 'shop', name: 'Shop', state: 'open', reasonText: null, stateAt: '2026-01-05T12:00:00.000Z', phone: null }],
      nextCursor: null,
    },
  } as Record<string, unknown>
  const { url } = await openLoopbackServer((request, response) => {
    asked.push(String(request.url))
    const answer = answers[String(request.url)]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(answer ?? { type: 'urn:zaplog:problem:message-not-found', title: 'No', status: 404, detail: 'no' }),
    )
  })
  const api = { ...readApiSettings({ ZAPLOG_URL: url, ADMIN_API_KEY: 'k'.repeat(16) }) }
  await expect(explain(api, { id: '3EB0A1B2' }, 'event')).rejects.toThrow()
  expect(asked.at(-1)).toBe('/v1/instances/shop/messages/3EB0A1B2')
  await expect(explain(api, { id: 'a'.repeat(32) }, 'event')).rejects.toThrow()
  expect(asked.at(-1)).toBe(`/v1/events/${'a'.repeat(32)}`)
})
