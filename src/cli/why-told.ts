// What became of an event, for people: what there is of it, what happened in the order of time, and what to do next. Pure.

import { fitBeside } from './fit-terminal.ts'
import { waitText } from './say-wait.ts'
import { shellWord } from './shell-word.ts'
import { plainText } from './text-table.ts'
import type { Delivery, Facts, Media } from './why-facts.ts'

/** `at` null: nobody wrote down when. */
export type Moment = { at: string | null; what: string; detail: string }

/** In the order of time; what has none stays behind what it came after. */
export function timelineOf({ event, message, deliveries }: Facts): readonly Moment[] {
  const { record, body } = event
  const happenedAt = body?.timestamp ?? message?.occurredAt ?? null
  const own: Moment[] = [
    ...(happenedAt === null ? [] : [{ at: happenedAt, what: 'happened', detail: '' }]),
    ...(record === null
      ? []
      : [{ at: record.recordedAt, what: 'recorded', detail: `${record.topic}/${record.partition} at ${record.offset}` }]),
    ...(message?.editedAt == null ? [] : [{ at: message.editedAt, what: 'edited', detail: '' }]),
    ...(message?.revokedAt == null ? [] : [{ at: message.revokedAt, what: 'deleted for everyone', detail: '' }]),
  ]
  return inOrder([own, ...deliveries.map(momentsOf)])
}

const momentsOf = ({ endpointId, timeline }: Delivery): readonly Moment[] =>
  timeline.map(({ at, what, detail, until }) => ({
    at,
    what,
    detail: [endpointId, detail ?? '', until === null ? '' : `until ${until}`].filter(one => one !== '').join(', '),
  }))

/** Within a list times may be missing: there each has the one before it. */
function inOrder(lists: readonly (readonly Moment[])[]): readonly Moment[] {
  const placed = lists.flatMap(list => {
    let last = ''
    return list.map(moment => {
      last = moment.at ?? last
      return { moment, at: last }
    })
  })
  return placed.toSorted((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at))).map(({ moment }) => moment)
}

/** Empty: nothing is left to do. */
export function nextSteps(facts: Facts, zaplog: string): readonly string[] {
  return [...ofRecord(facts), ...ofCommand(facts), ...ofFile(facts, zaplog), ...ofDeliveries(facts, zaplog)].map(plainText)
}

const ofRecord = ({ event, message }: Facts): readonly string[] => [
  ...(event.record === null ? [`its record was not found: ${event.lookedAt.join('; ')}`] : []),
  ...(message?.undecryptable == null
    ? []
    : [`it could not be read (${message.undecryptable}): the phone is asked for it again, and a good copy takes its place`]),
]

const ofCommand = ({ event, command }: Facts): readonly string[] => {
  if (command === null || command.state === 'completed') return []
  if (command.state === 'failed')
    return [`its command failed: ${command.reasonText ?? command.reason ?? 'nobody said why'}; send it anew`]
  return [`its command is not over: ${waitText(command, event.instanceId)}`]
}

function ofFile({ message, link }: Facts, zaplog: string): readonly string[] {
  const media = message?.media ?? null
  if (media === null) return []
  const { status, reason, stage, detail, retryable } = media
  const told = [detail ?? reason ?? 'nobody said why', stage === null ? '' : `in ${stage}`].filter(one => one !== '').join(', ')
  if (status === 'pending') return [`its file is being fetched: ask again, or see ${zaplog} status where it stays so`]
  if (status === 'failed')
    return [
      `its file failed: ${told}; ${retryable === true ? 'it is tried again by itself while tries are left' : 'no other try can help: ask who sent it to send it anew'}`,
    ]
  if (status === 'skipped')
    return [`its file was not fetched, by choice: ${reason === null ? 'it is from before the device was linked' : told}`]
  if (link === null || link.status === 200) return []
  if (link.status === null) return [`its link does not answer: ${link.error}; PUBLIC_URL has to lead to zaplog`]
  return [`its link answers ${link.status}: the object is gone from the store, or PUBLIC_URL leads elsewhere`]
}

function ofDeliveries({ deliveries, message, event }: Facts, zaplog: string): readonly string[] {
  if (deliveries.length === 0 && (message !== null || event.body !== null))
    return [`no endpoint was sent it: ${zaplog} webhooks list says what each takes`]
  return deliveries.flatMap(one => nextOf(one, zaplog))
}

function nextOf({ endpointId, state, error, statusCode, retryAt }: Delivery, zaplog: string): readonly string[] {
  const to = `the delivery to ${endpointId}`
  const said = error ?? (statusCode === null ? null : `answered ${statusCode}`)
  const why = said === null ? '' : `: ${said}`
  switch (state) {
    case 'delivered':
      return []
    case 'dead':
      return [
        `${to} was given up${why}; mend the receiver (${zaplog} webhooks test ${shellWord(endpointId)}), then ${zaplog} dead-letters redrive gives it back`,
      ]
    case 'discarded':
      return [`${to} was not wanted${why}`]
    case 'held':
      return [`${to} is held for a file, or behind one in its chat: it goes out by itself`]
    case 'waiting':
    case 'retrying':
      return [
        `${to} is tried again${retryAt === null ? '' : ` at ${retryAt}`}${why}; ${zaplog} webhooks test ${shellWord(endpointId)} tries the receiver now`,
      ]
    default:
      return [`${to} is ${state}`]
  }
}

type Told = { timeline: readonly Moment[]; next: readonly string[] }

export function describeFacts(facts: Facts, { timeline, next }: Told, columns: number): string {
  const parts = partsOf(facts).map(([name, what]) => fitBeside(name.padEnd(LABEL_COLUMNS), plainText(what), columns))
  const moments = timeline.map(({ at, what, detail }) =>
    fitBeside((at ?? '').padEnd(TIME_COLUMNS), plainText(detail === '' ? what : `${what}: ${detail}`), columns),
  )
  const steps = (next.length === 0 ? ['nothing is left to do'] : next).map(one => fitBeside('- ', one, columns))
  return [...parts, '', ...moments, '', ...steps].join('\n')
}

const LABEL_COLUMNS = 12
/** Of an instant in ISO 8601, and a gap. */
const TIME_COLUMNS = 26

type Part = readonly [name: string, what: string]

function partsOf({ event, message, command, deliveries, link }: Facts): readonly Part[] {
  const states = [...Map.groupBy(deliveries, one => one.state)].map(([state, those]) => `${those.length} ${state}`)
  const all: readonly (readonly [string, string | null])[] = [
    ['event', `${event.eventId}, ${event.type ?? 'of a type that nobody knows'}, of ${event.instanceId}`],
    [
      'row',
      message === null
        ? (event.row ?? 'none')
        : `message ${message.messageId}, ${message.kind}, of ${message.chatId ?? 'no chat'}`,
    ],
    ['record', recordText(event)],
    ['file', message?.media == null ? null : fileText(message.media)],
    ['link', link === null ? null : linkText(link)],
    ['cache', link === null ? null : (link.cache ?? 'none may keep it')],
    ['command', command === null ? null : `${command.commandId}, ${command.state}`],
    ['deliveries', states.join(', ') || 'none'],
  ]
  return all.flatMap(([name, what]): readonly Part[] => (what === null ? [] : [[name, what]]))
}

const recordText = ({ record, lookedAt }: Facts['event']): string =>
  record === null
    ? `not found: ${lookedAt.join('; ')}`
    : `${record.topic}/${record.partition} at ${record.offset}, ${record.sizeBytes} bytes`

const fileText = ({ status, reason, mimetype, sizeBytes }: Media): string =>
  [status, reason, mimetype, sizeBytes === null ? null : `${sizeBytes} bytes`].filter(one => one !== null).join(', ')

const linkText = ({ url, status, error, sizeBytes }: NonNullable<Facts['link']>): string =>
  `${status === null ? `does not answer: ${error}` : `answers ${status}`}${sizeBytes === null ? '' : `, ${sizeBytes} bytes`}: ${url}`
