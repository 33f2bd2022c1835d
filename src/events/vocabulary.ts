// The words of docs/contract.md, once, each with whether this version ever says it: `later` are reserved, and come with a later version.
// What the API takes and describes follows from here; the lists in docs/contract.md and ARCHITECTURE.md are generated from it.
import { failureReasons } from './definitions/commands.ts'
import { processingStatuses } from './definitions/processing.ts'
import { events } from './definitions.ts'
import { albumOperation, messageOperation, operations, sentOperations } from './operations.ts'
import { topicOfName, webhookTopics } from './topics.ts'

export type Vocabulary = { readonly here: readonly string[]; readonly later: readonly string[] }

/** They have a schema, so that readers understand them, and nothing writes them yet. */
const withoutWriter: readonly string[] = ['media.refreshed', 'media.expired']
const withSchema = events.filter(one => one.internal !== true).map(one => one.type)
const withoutSchema = ['picture.stored', 'retention.completed']

/** Types of records in the log. */
export const recordTypes: Vocabulary = {
  here: withSchema.filter(type => !withoutWriter.includes(type)),
  later: [...withoutWriter, ...withoutSchema],
}

/** Types that the stream alone has, of what is so and in no record; they come to who names them. */
export const signalTypes = { here: ['command.deferred'], later: [] } as const satisfies Vocabulary

const isDelivered = (type: string): boolean => webhookTopics.includes(topicOfName(type))

/** Types that an endpoint may name: those of records and those that only deliveries have. */
export const deliveryTypes: Vocabulary = {
  here: [...recordTypes.here.filter(isDelivered), 'media.updated', 'endpoint.tested'],
  later: [...recordTypes.here.filter(type => !isDelivered(type)), ...recordTypes.later],
}

export const kinds = {
  here: [
    ...(['text', 'link-preview', 'image', 'video', 'ptv', 'gif', 'audio', 'voice', 'document', 'sticker'] as const),
    ...(['album', 'location', 'live-location', 'contacts', 'poll', 'event', 'product', 'order', 'list', 'buttons'] as const),
    ...(['template', 'interactive', 'group-invite', 'system', 'unknown'] as const),
  ],
  later: [],
} as const satisfies Vocabulary

export const mediaStatuses = {
  here: ['stored', 'pending', 'failed', 'skipped'],
  later: ['expired'],
} as const satisfies Vocabulary

export const mediaReasons = {
  here: [
    ...(['timeout', 'connection', 'throttled', 'server-error', 'no-url', 'gone', 'bad-mac', 'bad-hash', 'truncated'] as const),
    ...(['too-large', 'type-not-allowed', 'corrupt', 'storage-refused'] as const),
  ],
  later: [
    ...['logged-out', 'reupload-failed', 'infected', 'scan-too-large', 'filtered-too-short', 'filtered-too-long', 'rate-limited'],
    ...['policy', 'retention', 'erased'],
  ],
} as const satisfies Vocabulary

export const instanceStates = {
  here: ['created', 'connecting', 'qr', 'open', 'reconnecting', 'closed', 'logged-out'],
  later: [],
} as const satisfies Vocabulary

export const instanceReasons = {
  here: [
    ...(['replaced', 'banned', 'client-outdated', 'logged-out', 'qr-expired', 'network', 'log-unavailable'] as const),
    ...(['restart-required', 'requested', 'internal'] as const),
  ],
  later: ['phone-unseen'],
} as const satisfies Vocabulary

export const commandStates = {
  here: ['waiting', 'sending', 'completed', 'failed'],
  later: [],
} as const satisfies Vocabulary

/** Why a command is not over yet. */
export const commandWaits = {
  here: [
    ...(['connection', 'earlier-command', 'first-contact-pace', 'log', 'media', 'pace', 'rate-limited'] as const),
    ...(['retry', 'sending', 'start'] as const),
  ],
  later: [],
} as const satisfies Vocabulary

/** What an account is asked to do. */
export const commandOperations = {
  here: [messageOperation, albumOperation, ...Object.keys(sentOperations), ...Object.keys(operations)],
  later: [],
} as const satisfies Vocabulary

export const commandReasons = { here: failureReasons, later: [] } as const satisfies Vocabulary

export const processingStates = {
  here: ['running', ...processingStatuses, 'timed-out'],
  later: [],
} as const satisfies Vocabulary

export const uploadStates = {
  here: ['pending', 'processing', 'ready', 'sent', 'failed'],
  later: [],
} as const satisfies Vocabulary

export const replayStates = {
  here: ['running', 'paused', 'done', 'cancelled', 'failed'],
  later: [],
} as const satisfies Vocabulary

export const rebuildStates = {
  here: ['filling', 'comparing', 'ready', 'swapped', 'rolled-back', 'cancelled', 'failed'],
  later: [],
} as const satisfies Vocabulary

export const deadLetterSources = {
  here: ['processor', 'delivery', 'projection'],
  later: [],
} as const satisfies Vocabulary
export type DeadLetterSource = (typeof deadLetterSources.here)[number]

export const deadLetterStates = {
  here: ['dead', 'redriving', 'redriven', 'discarded'],
  later: [],
} as const satisfies Vocabulary
export type DeadLetterState = (typeof deadLetterStates.here)[number]

export const projectionStates = {
  here: ['projecting', 'leaving-out'],
  later: [],
} as const satisfies Vocabulary

export const callStatuses = {
  here: ['offer', 'ringing', 'accepted', 'rejected', 'missed', 'ended'],
  later: [],
} as const satisfies Vocabulary

export const deliveryStates = {
  here: ['held', 'pending', 'retrying', 'waiting', 'delivered', 'dead', 'discarded'],
  later: ['sending', 'expired', 'filtered'],
} as const satisfies Vocabulary

/** For descriptions. */
export const wordsOf = ({ here, later }: Vocabulary): string =>
  later.length === 0 ? here.join(', ') : `${here.join(', ')}; not in this version: ${later.join(', ')}`

/** `message.*` takes every type that begins with `message.`; `*` takes all. */
export const matchesPattern = (pattern: string, type: string): boolean =>
  pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)))

/** Of what names and patterns ask for by name or by entity, that which no delivery has yet. */
export const notYetEmitted = (patterns: readonly string[]): readonly string[] =>
  deliveryTypes.later.filter(type => patterns.some(pattern => pattern !== '*' && matchesPattern(pattern, type)))
