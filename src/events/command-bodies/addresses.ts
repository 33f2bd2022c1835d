// Whom a command is for, in any of the forms that people write, read as the address that events carry.
import { z } from 'zod'
import { takesOnly } from '../../runtime/later-version.ts'
import { parseChatAddress } from '../chat-address.ts'

/** `judge` says in a refusal's words why an address will not do; null: it does. */
const addressWhere = (forms: string, judge: (address: string) => string | null, read = parseChatAddress) =>
  z
    .string()
    .max(256)
    .transform((text, context) => {
      const address = read(text)
      const refusal = address === null ? `expected ${forms}` : judge(address)
      if (address !== null && refusal === null) return address
      context.issues.push({ code: 'custom', message: refusal ?? '', input: text })
      return z.NEVER
    })

const isPerson = (address: string): boolean => /@(s\.whatsapp\.net|lid)$/.test(address)
export const isGroupAddress = (address: string): boolean => address.endsWith('@g.us')

/** Where statuses (stories) are, everybody's. */
export const statusChat = 'status@broadcast'
export const isStatusAddress = (address: string): boolean => address === statusChat

/** Nobody writes to a channel or to a broadcast list yet. */
const isLater = (address: string): boolean => /@(newsletter|broadcast)$/.test(address) && !isStatusAddress(address)

const onePerson = 'a phone number with its country (+55 11 90000-0011), or an address: 5511900000011@s.whatsapp.net, …@lid'
const peopleAndGroups = 'a person or a group'
const isOfPeople = (address: string): boolean => isPerson(address) || isGroupAddress(address)
export const chatId = addressWhere(`${onePerson}, …@g.us`, address => {
  if (isOfPeople(address)) return null
  return isLater(address) ? takesOnly(peopleAndGroups) : `expected ${peopleAndGroups}`
})

const orStatus = 'a person, a group or status'
export const chatIdOrStatus = addressWhere(
  `${onePerson}, …@g.us, status`,
  address => {
    if (isOfPeople(address) || isStatusAddress(address)) return null
    return isLater(address) ? takesOnly(orStatus) : `expected ${orStatus}`
  },
  text => (text === 'status' ? statusChat : parseChatAddress(text)),
)

export const personId = addressWhere(onePerson, address => (isPerson(address) ? null : `expected ${onePerson}`))

const oneGroup = 'a group: 120363000000000001@g.us, with or without @g.us'
export const groupId = addressWhere(oneGroup, address => (isGroupAddress(address) ? null : `expected ${oneGroup}`))

/** Of a contact card: as it is written, where it is a number with its country. */
export const phone = z
  .string()
  .max(64)
  .refine(text => !/[@:]/.test(text) && parseChatAddress(text)?.endsWith('@s.whatsapp.net') === true, {
    error: 'expected a phone number with its country, such as +55 11 90000-0011',
  })

/** Digits of such a number. */
export const digitsOfPhone = (text: string): string => parseChatAddress(text)?.split('@', 1)[0] ?? ''
