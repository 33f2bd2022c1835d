// The golden cases of the app state: what Baileys says of it (lib/Utils/chat-utils.js), through the conversion.

import { readAppState } from '../../../src/convert/app-state/app-state.ts'
import { readBlocklist } from '../../../src/convert/app-state/blocklist.ts'
import type { Said } from '../../../src/convert/app-state/said.ts'
import type { Event } from '../../../src/events/event.ts'
import { aGroup, somebody, testStartAt, us } from '../events.ts'
import { type GoldenCase, one, placed } from './golden-events.ts'

function heard(said: Said | undefined, origin: 'change' | 'snapshot' = 'change'): Event {
  if (said === undefined) throw new Error('the conversion says nothing')
  const address = said.about === aGroup ? { id: aGroup, pn: null } : { id: somebody.lid, pn: somebody.pn }
  const of = { instanceId: 'shop', occurredAt: testStartAt, origin, eventId: () => 'id', fields: said.fields }
  return placed(said.event(said.fields, { ...of, address, ownId: us.lid }))
}

const state = (name: string, payload: unknown, origin?: 'change' | 'snapshot') =>
  heard(readAppState(name, payload).said[0], origin)
const chat = somebody.lid
const theirs = { remoteJid: chat, id: '3EB0A1', fromMe: false }
const ours = { remoteJid: aGroup, id: '3EB0A2', fromMe: true }

export const appState: readonly GoldenCase[] = [
  one('chat.updated', state('chats.update', [{ id: chat, archived: true, pinned: null, unreadCount: -1 }])),
  one('chat.updated muted', state('chats.update', [{ id: aGroup, muteEndTime: testStartAt + 8 * 3_600_000 }], 'snapshot')),
  one('chat.updated locked', state('chats.lock', { id: chat, locked: true })),
  one('chat.deleted', state('chats.delete', [chat])),
  one('message.starred', state('messages.update', [{ key: theirs, update: { starred: true } }])),
  one('message.deleted', state('messages.delete', { keys: [ours] })),
  one('contact.updated from the address book', state('contacts.upsert', [{ id: somebody.pn, lid: chat, name: 'Ana Souza' }])),
  one('label.changed', state('labels.edit', { id: '7', name: 'Pago', color: 3, deleted: false })),
  one('label.changed deleted', state('labels.edit', { id: '7', name: 'Pago', color: 3, deleted: true })),
  one(
    'label.changed given to a message',
    state('labels.association', {
      type: 'add',
      association: { type: 'label_message', chatId: chat, messageId: '3EB0A1', labelId: '7' },
    }),
  ),
  one('blocklist.updated from a list', heard(readBlocklist({ blocklist: [somebody.lid] }, []).said[0])),
].map(given => ({ ...given, snapshots: true }))
