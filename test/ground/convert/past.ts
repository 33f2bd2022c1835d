// Entries of a phone's history, converted as its processor does.
import { proto } from '@whiskeysockets/baileys'
import { createHistoryConverter, type HistoryConverter } from '../../../src/convert/history/convert-history.ts'
import type { Converted, HistoryDraft, HistoryDraftOf, HistoryOf } from '../../../src/convert/history/history-context.ts'

export const ownAddresses = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
export const toldAt = 1_700_000_005_000
const nobody = { lidOf: () => null, pnOf: () => null }

export const converterOf = (over: Partial<HistoryOf> = {}): HistoryConverter =>
  createHistoryConverter({
    instanceId: 'first',
    own: ownAddresses,
    sourceEventId: 'NOTIFICATION',
    syncType: 'recent',
    toldAt,
    ignores: () => false,
    withMessages: true,
    known: nobody,
    ...over,
  })

export const infoBytes = (info: proto.IWebMessageInfo): Buffer => Buffer.from(proto.WebMessageInfo.encode(info).finish())

/** Of a message in a conversation, whose number in its chat is 7. */
export const entryOf = (info: proto.IWebMessageInfo | Uint8Array, chat: string | null = null) =>
  ({ kind: 'message', chat, bytes: info instanceof Uint8Array ? info : infoBytes(info), order: 7 }) as const

export const convertInfo = (info: proto.IWebMessageInfo, over: Partial<HistoryOf> = {}): Converted =>
  converterOf(over).convert(entryOf(info), 3)

/** As Ana's phone keeps it, or the account's own. */
export const infoOf = (message: proto.IMessage | null, more: proto.IWebMessageInfo | { key?: proto.IMessageKey } = {}) => ({
  messageTimestamp: 1_700_000_000,
  pushName: 'Ana',
  message,
  ...more,
  key: { id: 'M', remoteJid: '200@lid', fromMe: false, ...more.key },
})

/** The one event of an entry. */
export function onlyOf<Type extends HistoryDraft['type']>(type: Type, { drafts }: Converted): HistoryDraftOf<Type> {
  const [draft, ...others] = drafts
  if (draft === undefined || others.length > 0 || !isOf(type, draft))
    throw new Error(`expected one ${type}, got ${drafts.map(one => one.type).join() || 'none'}`)
  return draft
}

function isOf<Type extends HistoryDraft['type']>(type: Type, draft: HistoryDraft): draft is HistoryDraftOf<Type> & HistoryDraft {
  return draft.type === type
}
