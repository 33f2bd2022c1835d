// Events for tests: sane defaults, real ids, instants one second apart; every event of one run is another one unless told.
import type { Envelope, Event, EventOf, EventType } from '../../src/events/event.ts'
import { derivedId, requestId, sourceId, stateId } from '../../src/events/ids.ts'

export const testStartAt = Date.UTC(2026, 0, 5, 12, 0, 0)
export const somebody = { lid: '100000000000001@lid', pn: '5511900000001@s.whatsapp.net' }
export const somebodyElse = { lid: '100000000000002@lid', pn: '5511900000002@s.whatsapp.net' }
export const us = { lid: '100000000000099@lid', pn: '5511900000099@s.whatsapp.net' }
export const aGroup = '120363000000000001@g.us'
export const aChannel = '120363000000000002@newsletter'

let made = 0

/** A received text of `somebody` in instance `shop`, or whatever is asked for; `given` wins over every default. */
export function anEvent<Type extends EventType>(type: Type, given: Partial<EventOf<Type>> = {}): EventOf<Type> {
  made += 1
  const fields: Partial<Envelope> = given
  const occurredAt = fields.occurredAt ?? testStartAt + made * 1000
  const event = {
    instanceId: 'shop',
    epoch: 1,
    sequence: made,
    occurredAt,
    recordedAt: occurredAt + 5,
    ...(type.startsWith('message.') ? conversation(type, fields) : {}),
    ...defaultsOf(type),
    ...given,
    type,
  } as EventOf<Type>
  return { ...event, eventId: fields.eventId ?? idOf(event) }
}

/** The same event as a redelivery brings it: same id, another epoch and sequence. */
export const aCopyOf = <E extends Event>(event: E, epoch: number): E => ({
  ...event,
  epoch,
  sequence: event.sequence + 1000 * epoch,
  recordedAt: event.recordedAt + 60_000 * epoch,
})

function conversation(type: EventType, given: Partial<Envelope>): Partial<Envelope> {
  const fromMe = given.fromMe ?? type === 'message.sent'
  const sender = fromMe ? us : somebody
  return {
    chatId: somebody.lid,
    chatPn: somebody.pn,
    senderId: sender.lid,
    senderPn: sender.pn,
    messageId: `3EB0${String(made).padStart(16, '0')}`,
    fromMe,
  }
}

function defaultsOf(type: EventType): object {
  switch (type) {
    case 'message.received':
    case 'message.sent':
      return { kind: 'text', isGroup: false, text: `text ${made}` }
    case 'message.edited':
      return { targetMessageId: 'TARGET', text: `edited ${made}`, isGroup: false }
    case 'message.revoked':
      return { targetMessageId: 'TARGET', isGroup: false }
    case 'message.reacted':
      return { targetMessageId: 'TARGET', emoji: '👍', isGroup: false }
    case 'message.receipt-updated':
      return { messageIds: ['TARGET'], status: 'read' }
    case 'message.undecryptable':
      return { reason: 'no matching key', encryption: 'msg', isGroup: false }
    case 'contact.updated':
      return { contactId: somebody.lid, contactPn: somebody.pn, contactLid: somebody.lid, pushName: 'Somebody' }
    case 'group.updated':
      return { chatId: aGroup, chatPn: null, groupId: aGroup, subject: `group ${made}` }
    case 'group.participants-changed':
      return {
        chatId: aGroup,
        chatPn: null,
        groupId: aGroup,
        action: 'add',
        participants: [{ id: somebody.lid, pn: somebody.pn }],
      }
    case 'group.join-requested':
      return { chatId: aGroup, chatPn: null, groupId: aGroup, action: 'created', participants: [{ id: somebody.lid }] }
    case 'newsletter.updated':
      return { chatId: aChannel, chatPn: null, newsletterId: aChannel, name: `channel ${made}` }
    case 'poll.voted':
      return { ...conversation(type, {}), targetMessageId: 'TARGET', options: ['one'], unknownHashes: [], isGroup: false }
    case 'message.pinned':
    case 'message.starred':
      return { targetMessageId: 'TARGET', on: true, isGroup: false }
    case 'message.deleted':
      return { targetMessageId: 'TARGET', isGroup: false }
    case 'chat.updated':
      return { chatId: somebody.lid, chatPn: somebody.pn, archived: true, isGroup: false }
    case 'chat.deleted':
      return { chatId: somebody.lid, chatPn: somebody.pn, cleared: false, isGroup: false }
    case 'label.changed':
      return { labelId: '1', name: `label ${made}`, color: 1 }
    case 'blocklist.updated':
      return { contactId: somebody.lid, contactPn: somebody.pn, on: true }
    case 'call.updated':
      return { chatId: somebody.lid, senderId: somebody.lid, fromMe: false, callId: 'CALL', status: 'offer', isGroup: false }
    case 'presence.updated':
      return { chatId: somebody.lid, senderId: somebody.lid, state: 'composing', isGroup: false }
    case 'instance.heartbeat':
      return { state: 'open', lastSequence: 1, received: 1, appended: 1 }
    case 'instance.created':
    case 'instance.settings-changed':
      return { epoch: 0, sequence: 0, name: 'Shop', settings: {} }
    case 'instance.state-changed':
      return { state: 'open' }
    case 'instance.paired':
      return { phone: '5511900000099', lid: us.lid }
    case 'instance.logged-out':
      return { reason: 'requested' }
    case 'instance.deleted':
      return { epoch: 0, sequence: 0, purged: false }
    case 'message.history':
      return {
        kind: 'text',
        isGroup: false,
        text: `old text ${made}`,
        ordinal: 0,
        syncType: 'recent',
        sourceEventId: '0'.repeat(32),
      }
    case 'history.progressed':
      return {
        syncType: 'recent',
        sourceEventId: '0'.repeat(32),
        state: 'started',
        done: 0,
        people: 0,
        unreadable: 0,
        isWithoutMessages: false,
      }
    case 'command.accepted':
      return {
        epoch: 0,
        sequence: 0,
        chatId: somebody.lid,
        commandId: derivedId({ sourceId: 'command', by: 'test', type: '', round: made, ordinal: 0 }),
        operation: 'message.send',
        digest: 'aa',
        body: JSON.stringify({ chatId: somebody.lid, kind: 'text', text: `hello ${made}` }),
        expiresAt: testStartAt + 86_400_000,
      }
    case 'command.completed':
      return { chatId: somebody.lid, commandId: '0'.repeat(32), operation: 'message.send', tries: 1 }
    case 'command.failed':
      return {
        ...{ chatId: somebody.lid, commandId: '0'.repeat(32), operation: 'message.send', tries: 1 },
        ...{ reason: 'refused', reasonText: 'WhatsApp refused it (479)', code: '479' },
      }
    case 'processing.started':
      return { ...worked, timeoutAt: testStartAt + 600_000 }
    case 'processing.finished':
      return { ...worked, status: 'success', startedAt: testStartAt }
    case 'processing.timed-out':
      return { ...worked, startedAt: testStartAt }
    case 'upload.requested':
      return {
        ...{ epoch: 0, sequence: 0, chatId: somebody.lid, uploadId: '0'.repeat(32), kind: 'image', source: 'upload' },
        ...{ fileName: 'photo.jpg', mimetype: 'image/jpeg', sizeBytes: 1000 },
      }
    case 'upload.completed':
      return { chatId: somebody.lid, uploadId: '0'.repeat(32), kind: 'image', commandId: '0'.repeat(32) }
    case 'upload.failed':
      return { uploadId: '0'.repeat(32), kind: 'image', reason: 'expired', reasonText: 'Its bytes did not come in time' }
    case 'media.downloaded':
      return { ...file, incomingKey: 'incoming/shop/1', sizeBytes: 1000, sha256: 'aa', sha256Matches: true, attempts: 1 }
    case 'media.stored':
      return { ...file, key: 'shop/2026/01/05/1.jpg', extension: 'jpg', sizeBytes: 1000, sha256: 'aa', sha256Matches: true }
    case 'media.failed':
      return { ...file, stage: 'download', reason: 'gone', retryable: false, attempts: 1 }
    case 'media.refreshed':
      return file
    case 'media.expired':
      return { ...file, reason: 'retention' }
    case 'replay.ended':
      return {
        ...{ instanceId: '', epoch: 0, sequence: 0, replayId: 'rp', topic: 'wa.events', partition: 0 },
        ...{ firstOffset: 0, lastOffset: 0, records: 1, leftOut: 0 },
      }
    case 'unknown':
      return { source: 'stanza', name: 'notification' }
    case 'delivery.released':
      return {
        deliveryId: 'd',
        endpointId: 'e',
        endpointVersion: 1,
        lane: 'l',
        webhookType: 'message.received',
        body: '{}',
        hasThumbnail: false,
      }
    case 'delivery.attempted':
      return { deliveryId: 'd', endpointId: 'e', attempt: 1, outcome: 'delivered', statusCode: 200, durationMs: 5 }
    default: {
      const never: never = type
      throw new Error(`no defaults for ${String(never)}`)
    }
  }
}

const worked = { chatId: somebody.lid, messageId: 'WORKED', sessionId: '1'.repeat(32) }
const file = { sourceEventId: '0'.repeat(32), round: 1, kind: 'image', mimetype: 'image/jpeg' }

function idOf(event: Event): string {
  const { instanceId, type, epoch, sequence } = event
  if (event.messageId != null)
    return sourceId(
      {
        instanceId,
        stanzaClass: type === 'message.receipt-updated' ? 'receipt' : 'message',
        stanzaId: event.messageId,
        fromMe: event.fromMe === true,
        chat: event.chatId ?? '',
        sender: event.senderId ?? '',
      },
      type,
      { part: 0, index: 0 },
    )
  if ('sourceEventId' in event && 'round' in event)
    return derivedId({ sourceId: event.sourceEventId, by: 'test', type, round: event.round, ordinal: 0 })
  return epoch === 0 ? requestId({ instanceId, type, requestId: String(made) }) : stateId({ instanceId, type, epoch, sequence })
}
