// What is asked of an account about itself: how others see it, and what of it.
import { z } from 'zod'
import { expiresInSeconds } from '../command-bodies/timer.ts'
import { picture } from './picture.ts'

/** As WhatsApp's apps take them. */
const maxNameCharacters = 25
const maxAboutCharacters = 139

const everybody = ['all', 'contacts', 'contact_blacklist', 'none'] as const

/** WhatsApp's name of each, and who may see or do it (lib/Types/Chat.js of Baileys). */
export const privacyCategories = {
  lastSeen: { category: 'last', values: everybody },
  online: { category: 'online', values: ['all', 'match_last_seen'] },
  picture: { category: 'profile', values: everybody },
  about: { category: 'status', values: everybody },
  readReceipts: { category: 'readreceipts', values: ['all', 'none'] },
  groupsAdd: { category: 'groupadd', values: everybody },
  callsAdd: { category: 'calladd', values: ['all', 'known'] },
} as const

export type PrivacySetting = keyof typeof privacyCategories

const who = <const Values extends readonly [string, ...string[]]>(values: Values, what: string) =>
  z.exactOptional(z.enum(values).describe(what))

const hasSome = (given: object): boolean => Object.keys(given).length > 0
const some = { error: 'expected one field at least' }

export const profileOperations = {
  'privacy.change': z
    .strictObject({
      lastSeen: who(privacyCategories.lastSeen.values, 'who sees when the account was online last'),
      online: who(privacyCategories.online.values, 'who sees that it is online'),
      picture: who(privacyCategories.picture.values, 'who sees its picture'),
      about: who(privacyCategories.about.values, 'who sees its words'),
      readReceipts: who(privacyCategories.readReceipts.values, 'whether others see what it has read'),
      groupsAdd: who(privacyCategories.groupsAdd.values, 'who adds it to groups'),
      callsAdd: who(privacyCategories.callsAdd.values, 'whose calls ring'),
      defaultExpiresInSeconds: z.exactOptional(expiresInSeconds).describe('the timer that chats begin with which are new'),
    })
    .refine(hasSome, some)
    .meta({ examples: [{ lastSeen: 'contacts', readReceipts: 'none' }] }),
  'profile.change': z
    .strictObject({
      name: z.exactOptional(
        z.string().trim().min(1).max(maxNameCharacters).describe('what others are shown who have not saved the number'),
      ),
      about: z.exactOptional(z.string().max(maxAboutCharacters).describe('"": none')),
    })
    .refine(hasSome, some)
    .meta({ examples: [{ name: 'Padaria do Bairro', about: 'Das 7 h às 20 h' }] }),
  'profile.picture': z.strictObject({ picture: picture.nullable().describe('null: none any more') }),
} as const
