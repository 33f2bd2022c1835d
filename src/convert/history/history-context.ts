// What whoever converts entries of a history knows, and what comes of one entry.
import { toldId } from '../../events/ids.ts'
import type { alsoOfHistory } from '../../events/topics.ts'
import type { KnownSecrets } from '../convert-message.ts'
import type { DraftOf, Ignores } from '../draft.ts'
import type { OwnAddresses } from '../jid.ts'
import type { BroughtSecret } from '../sealed/message-secret.ts'
import type { HistoryPairs, KnownPairs, Pair } from './history-pairs.ts'

export type HistoryOf = {
  instanceId: string
  own: OwnAddresses
  /** The phone's notification: its eventId, which part of the history it is about, and when it came in epoch milliseconds. */
  sourceEventId: string
  syncType: string
  toldAt: number
  ignores: Ignores
  /** false: names and addresses alone are told. */
  withMessages: boolean
  known: KnownPairs
  /** That the history says behind its messages (read-pairs.ts). */
  pairsAhead?: readonly Pair[]
  /** Under the id of the message that a sealed one is about, besides what this history brought. */
  secretsOf?: KnownSecrets
}
export type HistoryContext = HistoryOf & { pairs: HistoryPairs; secretsOf: KnownSecrets }

type HistoryType = 'message.history' | (typeof alsoOfHistory)[number]
/** An event of the topic of history, but for its place there: it has the epoch and sequence of the notification. */
export type HistoryDraftOf<Type extends HistoryType> = DraftOf<Type> & { eventId: string }
export type HistoryDraft = { [Type in HistoryType]: HistoryDraftOf<Type> }[HistoryType]

export type Converted = {
  drafts: readonly HistoryDraft[]
  /** That the message brought, with addresses as known. */
  secret: BroughtSecret | null
  /** That the entry says. */
  pairs: readonly Pair[]
  /** It could not be read. */
  isUnreadable: boolean
  /** The name under which it is counted, where nothing of it is told; null: something is, or there is nothing to tell. */
  passedOver: string | null
}

export const nothing: Converted = { drafts: [], secret: null, pairs: [], isUnreadable: false, passedOver: null }
export const unreadable = (name: string): Converted => ({ ...nothing, isUnreadable: true, passedOver: name })
export const passedOver = (name: string): Converted => ({ ...nothing, passedOver: name })

/** What an event of state begins with. `entity`: as the phone names it; what is told of it is in the id, too, as it may be told in parts. */
export const toldEnvelope = <Type extends HistoryType>(type: Type, entity: string, fields: object, of: HistoryOf) => ({
  eventId: toldId({
    instanceId: of.instanceId,
    type,
    telling: ['history', of.sourceEventId, entity, JSON.stringify(fields)],
  }),
  type,
  instanceId: of.instanceId,
  occurredAt: of.toldAt,
  origin: 'history',
})

/** Whether any of these fields is said. */
export const isTold = (fields: object): boolean => Object.values(fields).some(value => value != null)
