// A message of a group in the phone’s history, with all that the phone can say of one, and who says it.
import { createHash } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import { convertInfo, infoOf, onlyOf } from './past.ts'

export const historyOf = (info: proto.IWebMessageInfo, over = {}) => onlyOf('message.history', convertInfo(info, over))

export const sha256 = (text: string) => createHash('sha256').update(text).digest()

export const people = { ana: '200@lid', anaPn: '5511900000002@s.whatsapp.net', bea: '201@lid' }

export const at = 1_700_000_001_000

export const by = (participant: string, id = 'X') => ({ id, remoteJid: '1203@g.us', fromMe: false, participant })

const byAccount = { id: 'OWN', remoteJid: '1203@g.us', fromMe: true }

export const poll = { name: 'Almoço?', options: [{ optionName: 'sopa' }, { optionName: 'salada' }], selectableOptionsCount: 1 }

export const everything: proto.IWebMessageInfo = {
  ...infoOf({ pollCreationMessageV3: poll, messageContextInfo: { messageSecret: Buffer.alloc(32, 9) } }),
  key: { id: 'M', remoteJid: '1203@g.us', fromMe: true },
  status: 3,
  starred: true,
  reactions: [
    { key: by('201:4@lid'), text: '👍', senderTimestampMs: at },
    { key: by('201@lid'), text: '🎉', senderTimestampMs: at + 1 },
    { key: by(people.anaPn), text: '', senderTimestampMs: at },
    { key: byAccount, text: '❤️' },
  ],
  pollUpdates: [
    { pollUpdateMessageKey: by(people.anaPn), vote: { selectedOptions: [sha256('sopa')] }, senderTimestampMs: at },
    { pollUpdateMessageKey: by(people.bea), vote: { selectedOptions: [sha256('pizza')] }, senderTimestampMs: at },
    { pollUpdateMessageKey: byAccount, vote: { selectedOptions: [] }, senderTimestampMs: at },
  ],
  eventResponses: [
    {
      eventResponseMessageKey: by(people.bea),
      eventResponseMessage: { response: 1, extraGuestCount: 2, timestampMs: at },
    },
  ],
  userReceipt: [
    { userJid: people.bea, receiptTimestamp: 1_700_000_001, readTimestamp: 1_700_000_002 },
    { userJid: people.anaPn, receiptTimestamp: 1_700_000_001 },
    { userJid: '202@lid', pendingDeviceJid: ['202:1@lid'] },
  ],
  pinInChat: {
    type: 1,
    key: by(people.bea),
    senderTimestampMs: at,
    messageAddOnContextInfo: { messageAddOnDurationInSecs: 86_400 },
  },
}
