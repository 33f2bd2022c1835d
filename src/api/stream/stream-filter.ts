// What a reader of the stream asks for: instances, types and a chat, and which topics these are in.
import { z } from 'zod'
import type { Event } from '../../events/event.ts'
import { streamedTopics, type TopicName, topicOfEvent, topicOfName } from '../../events/topics.ts'
import { matchesPattern, recordTypes, signalTypes, type Vocabulary } from '../../events/vocabulary.ts'
import { takesOnly } from '../../runtime/later-version.ts'
import { chatAddress } from '../chat-address.ts'

/** null: all of them. */
export type StreamFilter = { instanceIds: readonly string[] | null; types: readonly string[] | null; chatId: string | null }

/** Read for every reader. What is in other topics is streamed to who names its type. */
export const commonTopics = streamedTopics
const namedTopics: readonly TopicName[] = ['presence', 'heartbeats', 'history', 'commands']

const isIn = (topics: readonly TopicName[]) => (type: string) => topics.includes(topicOfName(type))

/** Types that a stream can have. */
const streamTypes: Vocabulary = {
  here: [...recordTypes.here.filter(isIn([...commonTopics, ...namedTopics])), ...signalTypes.here],
  later: recordTypes.later,
}

const MAX_ENTRIES = 200
const type = z.string().check(context => {
  const refusal = refuseType(context.value)
  if (refusal !== null) context.issues.push({ code: 'custom', message: refusal, input: context.value })
})

/** null: something streamed can match it. A pattern never means the topics that have to be asked for by name. */
function refuseType(asked: string): string | null {
  const fits = (known: string) => asked === known || (matchesPattern(asked, known) && isIn(commonTopics)(known))
  if (streamTypes.here.some(fits)) return null
  const expected = `* or a pattern such as message.* or one of ${streamTypes.here.join(', ')}`
  return streamTypes.later.some(fits) ? takesOnly(expected) : `expected ${expected}`
}

const listOf = (entry: z.ZodType<string, string>) =>
  z
    .union([z.string(), z.array(z.string())], { error: 'expected text' })
    .transform(given => [given].flat().flatMap(one => one.split(',')))
    .pipe(z.array(entry).max(MAX_ENTRIES))
    .optional()

export const filterQuery = {
  instanceId: listOf(z.string().min(1).max(63)).describe('only these instances; several, or separated by commas'),
  types: listOf(type).describe('only these types and patterns, such as message.*; several, or separated by commas'),
  type: listOf(type).describe('the same as types'),
  chatId: chatAddress.optional().describe('only what belongs to this chat'),
}

type Given = {
  instanceId?: readonly string[] | undefined
  types?: readonly string[] | undefined
  type?: readonly string[] | undefined
  chatId?: string | undefined
}

export const filterOf = ({ instanceId, types, type, chatId }: Given): StreamFilter => ({
  instanceIds: instanceId ?? null,
  types: types === undefined && type === undefined ? null : [...(types ?? []), ...(type ?? [])],
  chatId: chatId ?? null,
})

export const topicsOf = ({ types }: StreamFilter): readonly TopicName[] => [
  ...commonTopics,
  ...namedTopics.filter(topic => types?.some(isIn([topic])) ?? false),
]

/** Of what is in no record. Nobody's `command.*` meant it. */
export const asksForSignal = ({ types }: StreamFilter, type: (typeof signalTypes.here)[number]): boolean =>
  types?.includes(type) ?? false

/** Of a purged instance nothing is told, not even its end: what is read again has nothing of it either. */
export function matches({ instanceIds, types, chatId }: StreamFilter, event: Event): boolean {
  if (event.type === 'instance.deleted' && event.purged === true) return false
  if (instanceIds !== null && !instanceIds.includes(event.instanceId)) return false
  if (types !== null && !types.some(asked => matchesType(asked, event))) return false
  return chatId === null || event.chatId === chatId || event.chatPn === chatId
}

/** A name means what is in its own topic: of a type that happens, what history tells is not asked for with it. */
function matchesType(asked: string, event: Event): boolean {
  const topic = topicOfEvent(event)
  return commonTopics.includes(topic) ? matchesPattern(asked, event.type) : asked === event.type && topic === topicOfName(asked)
}
