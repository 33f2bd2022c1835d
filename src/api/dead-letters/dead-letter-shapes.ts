// Dead letters as the API takes and shows them.
import { z } from 'zod'
import { type DeadLetter, MOST_AT_ONCE } from '../../dead-letters/letter-rows.ts'
import { exampleAt, exampleIds } from '../../events/example-ids.ts'
import { deadLetterSources, deadLetterStates, wordsOf } from '../../events/vocabulary.ts'
import { wordOf } from '../words.ts'

const text = z.string().nullable()
const letter = {
  id: z.string(),
  source: z.string().describe(wordsOf(deadLetterSources)),
  processor: z.string().describe('who could not take it: a consumer group, or a projection'),
  state: z.string().describe(wordsOf(deadLetterStates)),
  instanceId: z.string(),
  eventId: text,
  type: text.describe('of the event, where its header says it'),
  topic: z.string().describe('where the record was, with the prefix'),
  partition: z.number(),
  offset: z.string().describe('decimal; -1: the log never took it'),
  code: z.string(),
  error: z.string(),
  attempts: z.number(),
  failedAt: z.string().describe('when it failed first'),
  redrives: z.number().describe('how often it was given back, and that was over'),
  redrivenAt: text.describe('when that was over last'),
  dueAt: text.describe('while it is redriven: when it is tried next'),
}
const example = {
  ...{ id: exampleIds.deadLetter, source: 'processor', processor: 'zaplog.download-media', state: 'dead' },
  ...{ instanceId: exampleIds.instance, eventId: exampleIds.event, type: 'message.received' },
  ...{
    topic: 'wa.events',
    partition: 3,
    offset: '1200',
    code: 'attempts-exhausted',
    error: 'expected a file, got none',
    attempts: 5,
  },
  ...{ failedAt: exampleAt, redrives: 0, redrivenAt: null, dueAt: null },
}
export const letterShape = z.object(letter).meta({ title: 'DeadLetter', examples: [example] })

const stored = { partition: 3, offset: '17' }
export const wholeLetter = z
  .object({
    ...letter,
    stored: z
      .object({ partition: z.number(), offset: z.string() })
      .describe('its place in the topic dead-letters, the newest where it is there several times'),
    headers: z.record(z.string(), z.string()).nullable().describe('as they are there; null: the log has forgotten it'),
    sizeBytes: z.number().nullable().describe('of its value; null: it has none, or the log has forgotten it'),
    value: z.exactOptional(text).describe('base64, where that is asked for'),
  })
  .meta({
    title: 'WholeDeadLetter',
    examples: [{ ...example, stored, headers: { 'event-id': exampleIds.event, 'x-attempts': '5' }, sizeBytes: 812 }],
  })

const instant = z.iso
  .datetime({ offset: true, error: 'an instant such as 2026-01-31T12:00:00.000Z' })
  .transform(given => Date.parse(given))
const which = {
  source: z.exactOptional(wordOf(deadLetterSources)),
  processor: z.exactOptional(z.string().min(1).max(249)).describe('as the list says it'),
  instanceId: z.exactOptional(z.string().min(1).max(63)).describe('of this account'),
}
export const listFilters = { ...which, state: z.exactOptional(wordOf(deadLetterStates)) }
const range = {
  after: z.exactOptional(instant).describe('that failed first from then on, inclusive'),
  before: z.exactOptional(instant).describe('that failed first before then, exclusive'),
}
const MOST_IDS = 1_000
const none = 'expected ids or a filter: source, processor, instanceId, after or before'
const isAny = (asked: object): boolean => Object.keys(asked).some(name => name !== 'dryRun')
const dryRunSays = 'answers how many it would be, and changes nothing'

export const redriveInput = z
  .strictObject({
    ids: z.exactOptional(z.array(z.string().max(100)).min(1).max(MOST_IDS)).describe('these letters, by their ids'),
    ...which,
    ...range,
    dryRun: z.boolean().default(false).describe(dryRunSays),
  })
  .refine(isAny, none)
  .meta({ title: 'RedriveInput', examples: [{ processor: 'zaplog.download-media', dryRun: true }] })

export const discardQuery = z
  .strictObject({
    ...which,
    ...range,
    dryRun: z
      .enum(['true', 'false'], { error: 'expected true or false' })
      .default('false')
      .transform(given => given === 'true')
      .describe(dryRunSays),
  })
  .refine(isAny, none)

const upTo = `${MOST_AT_ONCE.toLocaleString('en')} at once at most: again until it is 0`
export const redriveAnswer = z
  .object({ letters: z.number().describe(`that are redriven from now on, or would be; ${upTo}`), dryRun: z.boolean() })
  .meta({ title: 'Redriven', examples: [{ letters: 12, dryRun: false }] })
export const discardAnswer = z
  .object({ letters: z.number().describe(`that are discarded, or would be; ${upTo}`), dryRun: z.boolean() })
  .meta({ title: 'Discarded', examples: [{ letters: 12, dryRun: false }] })

export const showLetter = (one: DeadLetter): z.infer<typeof letterShape> => ({
  ...{ id: one.deadLetterId, source: one.source, processor: one.processor, state: one.state, instanceId: one.instanceId },
  ...{ eventId: one.eventId, type: one.eventType, topic: one.originTopic, partition: one.originPartition },
  ...{ offset: String(one.originOffset), code: one.code, error: one.message, attempts: one.attempts },
  failedAt: new Date(one.failedAt).toISOString(),
  redrives: one.redrives,
  redrivenAt: one.redrivenAt?.toISOString() ?? null,
  dueAt: one.state === 'redriving' ? (one.dueAt?.toISOString() ?? null) : null,
})
