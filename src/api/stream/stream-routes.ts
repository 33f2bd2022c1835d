// GET /v1/stream: server-sent events of everything that happens, as webhooks say it, from now on or from where somebody stopped reading.
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { exampleAt, exampleIds } from '../../events/example-ids.ts'
import { neverGivenOut } from '../../instances/instance-ids.ts'
import type { Connections } from '../connections.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { refuseFields } from '../invalid-input.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import { visibleTo } from '../visible-to.ts'
import { judgePlace } from './log-bounds.ts'
import { commonTopics, filterOf, filterQuery, type StreamFilter, topicsOf } from './stream-filter.ts'
import { MAX_TOKEN_CHARACTERS, type Place, parsePlace } from './stream-place.ts'
import type { StreamReader } from './stream-reader.ts'
import { openStreams, type StreamLimits, type StreamsDeps, streamLimits } from './streams.ts'

const lastEventId = z.string().max(MAX_TOKEN_CHARACTERS).optional()
const query = z.strictObject({
  ...filterQuery,
  after: lastEventId.describe(
    'an `id` of this stream: goes on behind it, as the header Last-Event-ID does, which counts where both are there',
  ),
})
const headers = z.looseObject({ 'last-event-id': lastEventId.describe('the last `id` that arrived: goes on behind it') })
const frame = [
  'id: AQAYAAAA',
  'event: message.received',
  `data: {"type":"message.received","timestamp":"${exampleAt}","data":{"eventId":"${exampleIds.event}","instanceId":"${exampleIds.instance}","kind":"text","text":"Bom dia!"}}`,
  '\n',
].join('\n')
const eventStream = {
  description: [
    'Server-sent events. `event` is a type of records, or `stream.ended` with {reason, detail} before this end closes it;',
    '`data` is the body of a webhook of format zaplog; `id` is the position behind it. `command.deferred`, to who names it, says what a',
    'command waits for, and has no id.',
  ].join(' '),
  content: { 'text/event-stream': { schema: z.unknown().meta({ examples: [frame] }) } },
}

type Deps = StreamsDeps & { database: Database; connections: Connections; stream?: Partial<StreamLimits> | undefined }

export function streamRoutes(app: App, deps: Deps) {
  const limits = { ...streamLimits, ...deps.stream }
  // Others have to be answered, too, where there are few connections.
  const maxReaders = Math.min(limits.maxReaders, Math.floor(deps.connections.max / 2))
  const streams = openStreams(deps, { ...limits, maxReaders })

  app.route({
    method: 'GET',
    url: '/v1/stream',
    schema: describeCall('Follow events', {
      tag: 'events',
      querystring: query,
      headers,
      answers: { 200: eventStream },
      problems: [404, 410],
    }),
    handler: async (request, reply) => {
      const filter = filterOf(request.query)
      await demandGivenOut(deps.database, filter)
      const from = await placeAsked(deps, request.headers['last-event-id'] || request.query.after, filter)
      reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no') // nginx would keep it back
      if (request.method === 'HEAD') return reply.send(undefined)
      const reader = streams.open({ filter, visible: visibleTo('admin'), from })
      void endTogether(reader, reply)
      return reply.send(Readable.from(reader.frames(), { objectMode: false }))
    },
  })
}

/** Throws Problem `instance-not-found`: nobody waits for ever for what a misspelled instance does. Of a deleted one the log still tells. */
async function demandGivenOut(database: Database, { instanceIds }: StreamFilter): Promise<void> {
  const unknown = instanceIds === null ? null : await neverGivenOut(database, instanceIds)
  if (unknown !== null) throw instanceNotFound(unknown)
}

/** Throws Problem `invalid-input` for what is no place of this log, `position-expired` where that began to forget what comes next. */
async function placeAsked(deps: Deps, token: string | undefined, filter: StreamFilter): Promise<Place | null> {
  if (token === undefined || token === '') return null
  const parsed = parsePlace(token)
  const topics = topicsOf(filter)
  const place = new Map([...(parsed ?? [])].filter(([topic]) => topics.includes(topic)))
  const verdict = commonTopics.every(topic => place.has(topic)) ? await judgePlace(deps, place) : 'unknown'
  if (verdict === 'expired')
    throw new Problem('position-expired', 'the log no longer has what comes after this id: follow without one')
  const refuse = (expected: string) =>
    refuseFields('parameter', [{ parameter: 'Last-Event-ID', expected, received: token.slice(0, 200) }])
  if (verdict === 'unknown') throw refuse('an id of this stream')
  // Where it would go on in that topic is not said: whoever went on from now would miss what came since without knowing it.
  const missing = topics.filter(topic => !place.has(topic))
  if (missing.length > 0)
    throw refuse(`an id taken with types of ${missing.join(' and ')}, as are asked for; this one was taken with other types`)
  return place
}

/** Of a program that does not read any more the connection is cut: all that waits for it is that it has ended. */
const CUT_AFTER_MS = 10_000

async function endTogether(reader: StreamReader, { raw }: FastifyReply) {
  raw.once('close', () => reader.end('left'))
  // Who left while its place was judged: the response is closed by now, and says so no more.
  if (raw.closed) reader.end('left')
  if ((await reader.ended) === 'left' || raw.closed) return
  const cut = setTimeout(() => raw.destroy(), CUT_AFTER_MS)
  raw.once('close', () => clearTimeout(cut))
}
