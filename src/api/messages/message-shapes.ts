// What comes out of chats, messages, contacts and media; names as in the events and in webhooks (docs/contract.md).
import { z } from 'zod'
import {
  chatColumns,
  contactColumns,
  fileColumns,
  lastMessageColumns,
  messageColumns,
  originColumns,
  outcomeColumns,
  reactionColumns,
  receiptColumns,
} from '../../projections/read-model/queries.ts'
import { shapesOf } from '../shapes-of.ts'

export const media = z.object({
  ...shapesOf(outcomeColumns),
  url: z.string().describe('stable; answers once the media is stored'),
  thumbnailUrl: z.string().nullable(),
  ...shapesOf(fileColumns),
})

const { changedByEvent, ...said } = shapesOf(messageColumns)
export const message = z.object({
  ...said,
  reactions: z.array(z.object(shapesOf(reactionColumns))),
  status: z.string().nullable().describe('furthest receipt: server, delivered, read, played, error'),
  receipts: z.array(z.object(shapesOf(receiptColumns))),
  media: media.nullable(),
  changedByEvent,
})

export const mediaItem = media.extend(shapesOf(originColumns))

export const chat = z.object({
  ...shapesOf(chatColumns),
  lastMessage: z.object(shapesOf(lastMessageColumns)).nullable(),
})

export const contact = z.object(shapesOf(contactColumns))
