// Whose message an entry of a history is, in which chat, and the id of its event, which is made of what the phone says alone: the same message in
// two parts of a history is one event, whatever pairs of addresses are known by then. Pure.
import type { proto } from '@whiskeysockets/baileys'
import type { EventType } from '../../events/event.ts'
import { sourceId } from '../../events/ids.ts'
import { isStorableId } from '../../events/storable-ids.ts'
import { bareJid, isBroadcast, isBroadcastList, isGroup, isNewsletter } from '../jid.ts'
import type { Address, Stanza } from '../stanza-identity.ts'
import type { HistoryContext } from './history-context.ts'

/** `chat`, `author` and `messageId` as the phone says them, addresses without device. */
export type PastKey = { messageId: string; chat: string; author: string; fromMe: boolean }

/** null: it says not which message, or of which chat, or says so in what is no id. `chat`: that of the conversation that it is in. */
export function pastKeyOf({ key, participant }: proto.IWebMessageInfo, chat: string | null): PastKey | null {
  // Before anything is cut out of them: what is cut out keeps the whole in memory.
  if (![key?.id, key?.remoteJid, key?.participant, participant, chat].every(isIdOrNone)) return null
  const said = bareJid(key?.remoteJid || chat || '')
  if (!key?.id || said === '') return null
  const fromMe = key.fromMe === true
  const isShared = isGroup(said) || isBroadcast(said) || isNewsletter(said)
  // What nobody wrote, as what happened to a group, is the group's own.
  const author = bareJid((isShared ? key.participant || participant : null) || said)
  return { messageId: key.id, chat: !fromMe && isBroadcastList(said) ? author : said, author, fromMe }
}

const isIdOrNone = (said: string | null | undefined): boolean => said == null || isStorableId(said)

export const pastEventId = (type: EventType, { messageId, chat, author, fromMe }: PastKey, instanceId: string): string =>
  sourceId(
    // The account has several addresses, and is one author.
    { instanceId, stanzaClass: 'history', stanzaId: messageId, fromMe, chat, sender: fromMe ? '' : author },
    type,
    { part: 0, index: 0 },
  )

/** As if it had come by itself: addresses are as known. */
export const pastStanza = (key: PastKey, info: proto.IWebMessageInfo, context: HistoryContext): Stanza => ({
  instanceId: context.instanceId,
  stanzaClass: 'history',
  stanzaId: key.messageId,
  fromMe: key.fromMe,
  chat: context.pairs.addressOf(key.chat),
  sender: key.fromMe ? ownAddress(context) : context.pairs.addressOf(key.author),
  senderDevice: 0,
  isGroup: isGroup(key.chat),
  saidAt: info.messageTimestamp == null ? null : String(info.messageTimestamp),
  senderName: info.pushName || null,
  edit: null,
  isPeer: false,
})

export const ownAddress = ({ own }: Pick<HistoryContext, 'own'>): Address => ({ id: own.lid ?? own.pn ?? '', pn: own.pn })
