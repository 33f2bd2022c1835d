// Statuses (stories): what goes to no chat but to an audience, and how it looks there.
import { z } from 'zod'
import { chatIdOrStatus, isStatusAddress, personId } from './addresses.ts'

/** Each of them is sent a key of it, every time. */
export const MAX_AUDIENCE = 1_024

/** Of what can be a status as well. */
export const toOrStatus = {
  chatId: chatIdOrStatus.describe('the person or group, in any of its forms: +55 11 90000-0011, …@lid, …@g.us; or status'),
}

export const audiences = ['saved', 'known'] as const
export type Contacts = (typeof audiences)[number]

const audience = z
  .strictObject({
    chatIds: z.exactOptional(z.array(personId).min(1).max(MAX_AUDIENCE)).describe(`1..${MAX_AUDIENCE} people`),
    contacts: z
      .exactOptional(z.literal(audiences))
      .describe(
        `saved: whom the account’s address book names; known: every contact that zaplog knows; of either at most ${MAX_AUDIENCE}, of whom something was said last`,
      ),
  })
  .check(({ value, issues }) => {
    if ((value.chatIds === undefined) === (value.contacts === undefined))
      issues.push({ code: 'custom', message: 'expected chatIds, or contacts', input: value })
  })
  .meta({ title: 'Audience' })

/** Beside what is a status or goes to a chat. */
export const seen = { audience: z.exactOptional(audience).describe('of a status: who sees it; left out: {contacts: saved}') }

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'expected a colour such as #128C7E')
/** Of a text that says none. */
export const usualBackground = '#128C7E'
export const background = {
  backgroundColor: z.exactOptional(colour).describe(`of a status: #RRGGBB; left out, that of a text is ${usualBackground}`),
}

/** WhatsApp's, in the order of their numbers (ExtendedTextMessage.FontType). */
export const fonts = ['system', 'system-text', 'script', 'bold', 'morning-breeze', 'calistoga', 'exo2', 'courier-prime'] as const
export const font = {
  font: z.exactOptional(z.literal(fonts)).describe(`of a status: ${fonts.join(', ')}; left out: ${fonts[0]}`),
}

const ofStatusAlone = ['audience', 'backgroundColor', 'font']
/** A status is no reply, is nobody's to mention, and is gone after a day anyhow. */
const ofChatsAlone = ['quotedMessageId', 'mentions', 'viewOnce']

/** Whether what it says goes with where it goes. */
export function checkStatus({ value, issues }: z.core.ParsePayload<{ chatId: string }>): void {
  const isStatus = isStatusAddress(value.chatId)
  const given = new Map<string, unknown>(Object.entries(value))
  const message = isStatus ? 'expected nothing, as it is a status' : 'expected nothing, as it is no status'
  for (const field of isStatus ? ofChatsAlone : ofStatusAlone)
    if (given.has(field)) issues.push({ code: 'custom', path: [field], message, input: given.get(field) })
}
