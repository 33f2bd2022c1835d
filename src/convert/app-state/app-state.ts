// Which events of Baileys say something of the app state, and who reads each. What none of them understands stays `unknown`.
import { readChatDeletions, readChatLock, readChatUpdates } from './chats.ts'
import { readContacts, readLidMapping } from './contacts.ts'
import { readLabel, readLabelAssociation } from './labels.ts'
import { readMessageDeletions, readMessageUpdates } from './messages.ts'
import type { Read } from './said.ts'

const readers: Readonly<Record<string, (payload: unknown) => Read>> = {
  'messages.update': readMessageUpdates,
  'messages.delete': readMessageDeletions,
  'chats.update': readChatUpdates,
  'chats.delete': readChatDeletions,
  'chats.lock': readChatLock,
  'contacts.upsert': readContacts,
  'lid-mapping.update': readLidMapping,
  'labels.edit': readLabel,
  'labels.association': readLabelAssociation,
}

export const readAppState = (name: string, payload: unknown): Read => readers[name]?.(payload) ?? { said: [], rest: payload }
