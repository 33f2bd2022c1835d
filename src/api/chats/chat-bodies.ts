// What a client says of what is to be done with a chat or a message in it.
import { z } from 'zod'
import { chatId } from '../../events/command-bodies/addresses.ts'
import { expiresInSeconds } from '../../events/command-bodies/timer.ts'
import { exampleIds } from '../../events/example-ids.ts'
import { refuseFields } from '../invalid-input.ts'

const flag = (doc: string) => z.exactOptional(z.boolean()).describe(doc)

export const chatChange = z
  .strictObject({
    archived: flag('what is archived is pinned no longer'),
    muted: flag('true without mutedUntil: for ever'),
    mutedUntil: z
      .exactOptional(z.iso.datetime({ offset: true, error: 'expected an instant such as 2031-01-05T12:00:00Z' }))
      .describe('ISO 8601, an instant to come: it is muted until then'),
    pinned: flag('WhatsApp’s apps show three pinned chats at most'),
    unread: flag('true: marked unread; false: read, without a receipt to anybody, which POST …/read sends'),
  })
  .check(({ value, issues }) => {
    const refuse = (path: string[], message: string) => void issues.push({ code: 'custom', path, message, input: value })
    if (Object.keys(value).length === 0) refuse([], 'expected one of archived, muted, mutedUntil, pinned, unread')
    if (value.archived === true && value.pinned === true) refuse(['pinned'], 'expected nothing, as it is archived')
    if (value.muted === false && value.mutedUntil !== undefined) refuse(['mutedUntil'], 'expected nothing, as it is not muted')
  })
  .meta({ examples: [{ archived: true }, { mutedUntil: '2031-01-05T12:00:00Z' }, { pinned: true, unread: false }] })
export type ChatChange = z.infer<typeof chatChange>

/** As it is. `nowAt`: epoch ms. Throws Problem for the end of a mute that is over. */
export function checkChange(asked: ChatChange, nowAt: number): ChatChange {
  const { mutedUntil } = asked
  if (mutedUntil === undefined || Date.parse(mutedUntil) > nowAt) return asked
  throw refuseFields('pointer', [
    { pointer: '/mutedUntil', expected: 'an instant to come', received: JSON.stringify(mutedUntil) },
  ])
}

export const readOrder = z
  .strictObject({
    messageIds: z
      .exactOptional(z.array(z.string().min(1).max(256)).min(1).max(100))
      .describe('WhatsApp’s ids of messages that came; left out: those since the account wrote last, 50 at most'),
  })
  .nullish()
  .meta({ examples: [{}, { messageIds: [exampleIds.received] }] })

export const playedOrder = z
  .strictObject({
    messageIds: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(100)
      .describe('WhatsApp’s ids of voice notes, round videos and what is viewed once, that came'),
  })
  .meta({ examples: [{ messageIds: ['3A0123456789ABCDEF01'] }] })

export const historyOrder = z
  .strictObject({ count: z.exactOptional(z.int().min(1).max(50)).describe('how many, at most [50]') })
  .nullish()
  .meta({ examples: [{ count: 50 }] })

export const timerOrder = z.strictObject({ expiresInSeconds }).meta({ examples: [{ expiresInSeconds: 604_800 }] })

export const starOrder = z
  .strictObject({
    on: z.boolean().describe('false: no longer'),
    chatId: z.exactOptional(chatId).describe('the chat that it is in, where several have a message of this id'),
  })
  .meta({ examples: [{ on: true }, { on: false, chatId: exampleIds.group }] })
