// The one table that gives every Baileys event its treatment, so that each thing that happens is appended from exactly one source.
import type { BaileysEventMap } from '@whiskeysockets/baileys'

export type Source =
  /** The stanza behind it was appended before Baileys saw it: ignored by name, counted. */
  | 'gated stanza'
  /** The app state has schemas (app-state/app-state.ts); the rest is appended as `unknown` with its payload. */
  | 'baileys'
  /** A list of all there is, appended where it differs from what was appended last; whatever else it says, a gated stanza said. */
  | 'list'
  /** Taken from its stanza where that comes in, which is not acknowledged: ignored by name, counted. */
  | 'open stanza'
  /** Secrets, and the connection's own life, which the instance tells itself: ignored by name, counted. */
  | 'never'

export const eventSources: Readonly<Record<keyof BaileysEventMap, Source>> = {
  'connection.update': 'never',
  'creds.update': 'never',
  'messaging-history.set': 'gated stanza',
  'messaging-history.status': 'gated stanza',
  'messages.upsert': 'gated stanza',
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
  'messages.update': 'baileys',
  'messages.delete': 'baileys',
  'chats.upsert': 'gated stanza',
  'chats.update': 'baileys',
  'chats.delete': 'baileys',
  'chats.lock': 'baileys',
  'contacts.upsert': 'baileys',
  'contacts.update': 'baileys',
  'groups.upsert': 'gated stanza',
  'groups.update': 'list',
  'presence.update': 'open stanza',
  'blocklist.set': 'baileys',
  'labels.edit': 'baileys',
  'labels.association': 'baileys',
  'lid-mapping.update': 'baileys',
  'settings.update': 'baileys',
}

type Item = Readonly<Record<string, unknown>>

/** Of the items of these events only what no gated stanza said: changes made on another device, from the app state. null: nothing. */
const appStateOf: Readonly<Record<string, (item: Item) => Item | null>> = {
  // Status, edits and revokes are stanzas; stars are not.
  'messages.update': ({ key, update }) => {
    const { starred } = itemOf(update)
    return starred === undefined ? null : { key, update: { starred } }
  },
  'chats.update': ({ messages, conversationTimestamp, ephemeralExpiration, ephemeralSettingTimestamp, ...chat }) => {
    const { unreadCount, ...rest } = chat
    // Messages count upwards; 0 is a chat read, -1 one marked unread, elsewhere.
    return orNull(typeof unreadCount === 'number' && unreadCount > 0 ? rest : chat)
  },
  'contacts.update': ({ notify, verifiedName, imgUrl, ...contact }) => orNull(contact),
}

const sources = new Map<string, Source>(Object.entries(eventSources))

export type Treatment =
  | { kind: 'append'; payload: unknown }
  | { kind: 'ignore' }
  | { kind: 'list' }
  /** An event of a newer Baileys: appended all the same, and counted. */
  | { kind: 'append-unlisted'; payload: unknown }

export function treatEvent(name: string, payload: unknown): Treatment {
  const source = sources.get(name)
  if (source === undefined) return { kind: 'append-unlisted', payload }
  if (source === 'list') return { kind: 'list' }
  if (source !== 'baileys') return { kind: 'ignore' }
  const rest = withoutStanzas(name, payload)
  return rest === null ? { kind: 'ignore' } : { kind: 'append', payload: rest }
}

/** null: a gated stanza said all of it already. */
function withoutStanzas(name: string, payload: unknown): unknown {
  const keep = appStateOf[name]
  if (keep === undefined || !Array.isArray(payload)) return payload
  const left = payload.map(item => keep(itemOf(item))).filter(item => item !== null)
  return left.length === 0 ? null : left
}

const itemOf = (value: unknown): Item =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([, field]) => field !== undefined))

const orNull = (item: Item): Item | null => (Object.keys(item).some(key => key !== 'id') ? item : null)
