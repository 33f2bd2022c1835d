// The body of a POST of every type and kind, byte for byte as golden/*.json has it: from what WhatsApp said through the conversion, the
// log's Avro, the webhook stream and an attempt. The files were written from the contract; what they once said, clients rely on.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { deliveryTypes, kinds } from '../../src/events/vocabulary.ts'
import { buildPost } from '../../src/webhooks/bridge/build-post.ts'
import { testStartAt } from '../ground/events.ts'
import { openTestLog } from '../ground/log.ts'
import { goldenCases } from '../ground/webhooks/golden-cases.ts'
import { never, openStream, type Released, testSealer } from '../ground/webhooks/open-stream.ts'

const stream = await openStream('golden bodies')
const log = await openTestLog(stream)
beforeEach(() => stream.clear())
afterAll(async () => {
  await log.close()
  await stream.close()
})

const directory = new URL('./golden/', import.meta.url)
const names = readdirSync(directory).map(name => name.replace(/\.json$/, ''))
/** Written with line breaks for people; sent without. */
const goldenBody = (name: string) => JSON.stringify(JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8')))

test.each(goldenCases)(
  '[E11] [I2] $title is posted as its golden body',
  async ({ events, holdMedia, eventTypes, snapshots = false, bodies }) => {
    await stream.endpoint({ holdMedia, eventTypes: [...eventTypes], snapshots })
    for (const event of events) await stream.feed(await asRead(event))
    expect(stream.released.map(posted)).toEqual(bodies.map(goldenBody))
  },
)

test('[E11] every type that webhooks deliver has a golden body, and every golden body a case', () => {
  const delivered = deliveryTypes.here.filter(type => type !== 'endpoint.tested')
  const written = new Set(names.map(name => JSON.parse(goldenBody(name)).type))
  expect(delivered.filter(type => !written.has(type))).toEqual([])
  expect(names.toSorted()).toEqual([...new Set(goldenCases.flatMap(one => one.bodies))].toSorted())
})

test('[E11] [B1] every kind of message has a golden body', () => {
  const written = new Set(names.map(name => JSON.parse(goldenBody(name)).data.kind))
  expect(kinds.here.filter(kind => !written.has(kind))).toEqual([])
})

/** As a consumer of the log has it. */
async function asRead(event: Event): Promise<Event> {
  const read = await log.codec.decode(log.codec.encode(event).value, never)
  if (read === null) throw new Error(`${event.type} is not read back`)
  return read
}

const posted = (delivery: Released): string =>
  buildPost(
    {
      sealer: testSealer,
      links: { link: (id, kind) => `https://zaplog.example/m/${id}${kind === 'file' ? '' : '/thumbnail'}` },
      version: '0.0.0-test',
      clock: () => testStartAt,
    },
    {
      delivery,
      endpoint: {
        isListener: false,
        enabled: true,
        urlSealed: testSealer.seal(Buffer.from('https://example.com/'), `webhook_endpoint_versions.url|${delivery.endpointId}`),
        plainUrl: null,
        secretsSealed: [],
        succeededAt: null,
        recoveredAt: null,
        headersSealed: noHeaders(delivery),
      },
      attempt: 1,
      skipped: 0,
    },
  ).body

const noHeaders = ({ endpointId }: Released) => testSealer.seal(Buffer.from('{}'), `webhook_endpoint_versions|${endpointId}`)
