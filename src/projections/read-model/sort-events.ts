// Which table each event type is for: the one place that knows them all, so that none is left out by oversight.
import type { Event, EventOf, EventType } from '../../events/event.ts'

/** null: no table has it; it is in the log alone. */
const placeOf = {
  'message.received': 'messages',
  'message.sent': 'messages',
  'message.undecryptable': 'messages',
  'message.history': 'history',
  'message.edited': 'edits',
  'message.revoked': 'revokes',
  'message.reacted': 'reactions',
  'message.receipt-updated': 'receipts',
  'message.pinned': 'pins',
  'message.starred': 'stars',
  'message.deleted': 'deletions',
  'poll.voted': 'votes',
  'chat.updated': 'chatStates',
  'chat.deleted': 'chatDeletions',
  'label.changed': 'labels',
  'contact.updated': 'contacts',
  'blocklist.updated': 'blocks',
  'group.updated': 'groups',
  'group.participants-changed': 'participants',
  'group.join-requested': null,
  'newsletter.updated': 'channels',
  'call.updated': 'calls',
  'presence.updated': null,
  'history.progressed': null,
  'instance.created': 'instances',
  'instance.settings-changed': 'instances',
  'instance.state-changed': 'instances',
  'instance.paired': 'instances',
  'instance.logged-out': 'instances',
  'instance.deleted': 'instances',
  'instance.heartbeat': null,
  'media.downloaded': 'media',
  'media.stored': 'media',
  'media.failed': 'media',
  'media.refreshed': 'media',
  'media.expired': 'media',
  unknown: null, // kept in the log until a version knows it
  'command.accepted': null, // the commands' own
  'command.completed': null,
  'command.failed': null,
  'processing.started': null, // rows of the API's own
  'processing.finished': null,
  'processing.timed-out': null,
  'upload.requested': null, // the uploads' own
  'upload.completed': null,
  'upload.failed': null,
  'replay.ended': null, // of topics that nobody projects
  'delivery.released': null, // the webhooks' own
  'delivery.attempted': null,
} as const satisfies Record<EventType, string | null>

type Place = NonNullable<(typeof placeOf)[EventType]>
type TypeAt<At extends Place> = { [Type in EventType]: (typeof placeOf)[Type] extends At ? Type : never }[EventType]
export type SortedEvents = { [At in Place]: EventOf<TypeAt<At>>[] }

export type HistoryEvent = SortedEvents['history'][number]
/** All that makes a message's row. */
export type MessageEvent = SortedEvents['messages'][number] | HistoryEvent
export type InstanceEvent = SortedEvents['instances'][number]
export type MediaEvent = SortedEvents['media'][number]

const places = new Set(Object.values(placeOf).filter(place => place !== null))

/** Each in the order given. */
export function sortEvents(events: readonly Event[]): SortedEvents
export function sortEvents(events: readonly Event[]): Readonly<Record<string, readonly Event[]>> {
  const sorted = new Map<string, Event[]>([...places].map(place => [place, []]))
  for (const event of events) sorted.get(placeOf[event.type] ?? '')?.push(event)
  return Object.fromEntries(sorted)
}
