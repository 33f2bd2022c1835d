// Which table each event type is for: the one place that knows them all, so that none is left out by oversight.
import { assertNever, type Event, type EventOf } from '../../events/event.ts'

export type MessageEvent = EventOf<'message.received' | 'message.sent' | 'message.undecryptable'>
export type InstanceEvent = Exclude<Extract<Event, { type: `instance.${string}` }>, { type: 'instance.heartbeat' }>
export type MediaEvent = Extract<Event, { type: `media.${string}` }>

export type SortedEvents = {
  instances: InstanceEvent[]
  contacts: EventOf<'contact.updated'>[]
  groups: EventOf<'group.updated'>[]
  messages: MessageEvent[]
  edits: EventOf<'message.edited'>[]
  revokes: EventOf<'message.revoked'>[]
  reactions: EventOf<'message.reacted'>[]
  receipts: EventOf<'message.receipt-updated'>[]
  media: MediaEvent[]
}

/** Each in the order given. */
export function sortEvents(events: readonly Event[]): SortedEvents {
  const sorted: SortedEvents = {
    instances: [],
    contacts: [],
    groups: [],
    messages: [],
    edits: [],
    revokes: [],
    reactions: [],
    receipts: [],
    media: [],
  }
  for (const event of events) sortEvent(sorted, event)
  return sorted
}

function sortEvent(into: SortedEvents, event: Event): void {
  switch (event.type) {
    case 'message.received':
    case 'message.sent':
    case 'message.undecryptable':
      into.messages.push(event)
      return
    case 'message.edited':
      into.edits.push(event)
      return
    case 'message.revoked':
      into.revokes.push(event)
      return
    case 'message.reacted':
      into.reactions.push(event)
      return
    case 'message.receipt-updated':
      into.receipts.push(event)
      return
    case 'contact.updated':
      into.contacts.push(event)
      return
    case 'group.updated':
      into.groups.push(event)
      return
    case 'instance.created':
    case 'instance.settings-changed':
    case 'instance.state-changed':
    case 'instance.paired':
    case 'instance.logged-out':
    case 'instance.deleted':
      into.instances.push(event)
      return
    case 'media.downloaded':
    case 'media.stored':
    case 'media.failed':
    case 'media.refreshed':
    case 'media.expired':
      into.media.push(event)
      return
    // In the log alone: no table of this version has them.
    case 'poll.voted':
    case 'message.pinned':
    case 'message.starred':
    case 'message.deleted':
    case 'chat.updated':
    case 'chat.deleted':
    case 'label.changed':
    case 'blocklist.updated':
    case 'group.participants-changed':
    case 'group.join-requested':
    case 'newsletter.updated':
    case 'call.updated':
    case 'presence.updated':
    case 'instance.heartbeat':
    case 'unknown': // kept in the log until a version knows it
    case 'delivery.released': // the webhooks' own
    case 'delivery.attempted':
      return
    default:
      assertNever(event)
  }
}
