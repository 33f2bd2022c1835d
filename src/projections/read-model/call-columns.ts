// What answers say of calls; rows of the table are `k`.
import { callStatuses, wordsOf } from '../../events/vocabulary.ts'
import { type Columns, flag, instant, integer, text } from './columns.ts'
import { canonicalAddress, phoneNumber } from './shown-addresses.ts'

export const callColumns = {
  instanceId: { is: 'text' },
  callId: { is: 'text' },
  chatId: { ...text, select: canonicalAddress('k.instance_id', 'k.chat_id') },
  chatPn: { ...text, select: phoneNumber('k.instance_id', 'k.chat_id') },
  senderId: { ...text, select: canonicalAddress('k.instance_id', 'k.sender_id') },
  senderPn: { ...text, select: phoneNumber('k.instance_id', 'k.sender_id') },
  fromMe: { is: 'flag' },
  groupId: text,
  isGroup: { is: 'flag' },
  video: { ...flag, doc: 'true: with video; null: not said.' },
  status: { is: 'text', doc: `How far it got: ${wordsOf(callStatuses)}.` },
  startedAt: { is: 'instant', doc: 'When the first step of it was.' },
  updatedAt: { is: 'instant', doc: 'When the last step was.' },
  endedAt: { ...instant, doc: 'When it was rejected, missed or over; null: that was not said.' },
  durationSeconds: integer,
} satisfies Columns
