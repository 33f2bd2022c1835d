// What goes in and out of /v1/instances.
import { z } from 'zod'

export const instanceIdPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/

const choice = (doc: string) => z.exactOptional(z.boolean()).describe(doc)
/** What was chosen for this instance; what is left out follows the server's default. */
export const settings = z
  .strictObject({
    historySync: choice('take the phone’s history when it is linked'),
    ignoreGroups: choice('append nothing of groups'),
    ignoreStatus: choice('append nothing of status updates'),
    ignoreNewsletters: choice('append nothing of channels'),
    markOnline: choice('show the account as online while it is connected'),
  })
  .describe('what is left out follows the server’s default')
export type Settings = z.infer<typeof settings>

const name = z.string().trim().min(1).max(200).describe('for people')

export const newInstance = z.strictObject({
  id: z
    .string()
    .regex(instanceIdPattern, { error: 'up to 63 of a-z, 0-9, _ and -, beginning with a letter or digit' })
    .optional()
    .describe('never given out again; generated where left out'),
  name,
  settings: settings.optional(),
})

/** RFC 7396: null takes a setting back; the result is validated again after merging. */
export const instancePatch = z.strictObject({
  name: name.optional(),
  settings: z
    .union([z.record(z.string(), z.unknown()), z.null()])
    .optional()
    .describe('merged (RFC 7396); null takes all of them back'),
})

export const instance = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.string().describe('created, connecting, qr, open, reconnecting, closed, logged-out'),
    reason: z.string().nullable().describe('replaced, banned, client-outdated, … (clients must accept new ones)'),
    reasonText: z.string().nullable().describe('for people'),
    stateAt: z.string(),
    phone: z.string().nullable().describe('digits'),
    lid: z.string().nullable(),
    epoch: z.number(),
    settings,
    createdAt: z.string(),
  })
  .describe('A WhatsApp account')
export type Instance = z.infer<typeof instance>
