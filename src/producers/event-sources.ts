// The one table that gives every Baileys event its treatment, so that each thing that happens is appended from exactly one source.
import type { BaileysEventMap } from '@whiskeysockets/baileys'

export type Source =
  /** The stanza behind it was appended before Baileys saw it: ignored by name, counted. */
  | 'gated stanza'
  /** Appended as `unknown` with its payload until it has a schema of its own. */
  | 'baileys'
  /** Secrets, and the connection's own life, which the instance tells itself: ignored by name, counted. */
  | 'never'

export const eventSources: Readonly<Record<keyof BaileysEventMap, Source>> = {
  'connection.update': 'never',
  'creds.update': 'never',
  'messaging-history.set': 'gated stanza',
  'messaging-history.status': 'gated stanza',
  'messages.upsert': 'gated stanza',
  'messages.update': 'gated stanza',
  'messages.reaction': 'gated stanza',
  'messages.media-update': 'gated stanza',
  'message-receipt.update': 'gated stanza',
  'group-participants.update': 'gated stanza',
  'group.join-request': 'gated stanza',
  'group.member-tag.update': 'gated stanza',
  'blocklist.update': 'gated stanza',
  'newsletter.reaction': 'gated stanza',
  'newsletter.view': 'gated stanza',
  'newsletter-participants.update': 'gated stanza',
  'newsletter-settings.update': 'gated stanza',
  call: 'gated stanza',
  'message-capping.update': 'baileys',
  'messages.delete': 'baileys',
  'chats.upsert': 'baileys',
  'chats.update': 'baileys',
  'chats.delete': 'baileys',
  'chats.lock': 'baileys',
  'contacts.upsert': 'baileys',
  'contacts.update': 'baileys',
  'groups.upsert': 'baileys',
  'groups.update': 'baileys',
  'presence.update': 'baileys',
  'blocklist.set': 'baileys',
  'labels.edit': 'baileys',
  'labels.association': 'baileys',
  'lid-mapping.update': 'baileys',
  'settings.update': 'baileys',
}

/** Fields that Baileys copies from gated stanzas into events that otherwise come from the app state. */
const stanzaFields: Readonly<Record<string, readonly string[]>> = {
  'chats.update': ['messages', 'conversationTimestamp', 'unreadCount', 'ephemeralExpiration', 'ephemeralSettingTimestamp'],
  'contacts.update': ['notify', 'verifiedName', 'imgUrl'],
}

const sources = new Map<string, Source>(Object.entries(eventSources))

export type Treatment =
  | { kind: 'append'; payload: unknown }
  | { kind: 'ignore' }
  /** An event of a newer Baileys: appended all the same, and counted. */
  | { kind: 'append-unlisted'; payload: unknown }

export function treatEvent(name: string, payload: unknown): Treatment {
  const source = sources.get(name)
  if (source === undefined) return { kind: 'append-unlisted', payload }
  if (source !== 'baileys') return { kind: 'ignore' }
  const rest = withoutStanzaFields(name, payload)
  return rest === null ? { kind: 'ignore' } : { kind: 'append', payload: rest }
}

/** null: a gated stanza said all of it already. */
function withoutStanzaFields(name: string, payload: unknown): unknown {
  const fields = stanzaFields[name]
  if (fields === undefined || !Array.isArray(payload)) return payload
  const left = payload.map(item => omit(item, fields)).filter(item => Object.keys(item).some(key => key !== 'id'))
  return left.length === 0 ? null : left
}

const omit = (item: unknown, fields: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item ?? {}).filter(([key, value]) => !fields.includes(key) && value !== undefined))
