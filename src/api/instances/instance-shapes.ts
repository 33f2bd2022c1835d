// What goes in and out of /v1/instances.
import { z } from 'zod'
import { instanceReasons, instanceStates, wordsOf } from '../../events/vocabulary.ts'
import { takesOnly } from '../../runtime/later-version.ts'
import { patchOf } from '../patch-of.ts'

export const instanceIdPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/

const choice = (doc: string) => z.exactOptional(z.boolean()).describe(doc)
/** A setting that has no effect yet: it takes what this version does anyway. */
const only = <const Value extends boolean>(value: Value, doc: string) =>
  z
    .exactOptional(
      z.literal(value, { error: ({ input }) => (typeof input === 'boolean' ? takesOnly(`${value}`) : 'true or false') }),
    )
    .describe(`${doc}; this version takes ${value}`)
const nothing = (instead: string) =>
  z.exactOptional(z.null({ error: () => takesOnly(`nothing: ${instead}`) })).describe(`not in this version: ${instead}`)

const inEffect = {
  ignoreGroups: choice('nothing of groups is stored or sent on'),
  ignoreStatus: choice('nothing of status updates is stored or sent on'),
  ignoreNewsletters: choice('nothing of channels is stored or sent on'),
  markOnline: choice('the account is shown as online while it is connected; its phone then shows no notifications'),
}
const notYet = {
  proxyUrl: nothing('it connects to WhatsApp by the network’s own route'),
  media: z
    .exactOptional(
      z.strictObject({
        download: only(true, 'fetch files'),
        kinds: nothing('files of every kind are fetched'),
        groups: only(true, 'fetch files of groups'),
        maxBytes: nothing('MEDIA_MAX_… are the limits'),
      }),
    )
    .describe('which files are fetched'),
  audioFilter: z
    .exactOptional(
      z.strictObject({
        enabled: only(false, 'leave out audios by their length'),
        minSeconds: nothing('audios of every length are taken'),
        maxSeconds: nothing('audios of every length are taken'),
      }),
    )
    .describe('which audios are fetched'),
  retentionDays: nothing('nothing is deleted by age'),
}
const historySync = 'take the phone’s history when it is linked'

/** What was chosen for this instance, as it is kept and shown: 0.1.0 took a historySync that had no effect. */
export const settings = z
  .strictObject({ historySync: choice(historySync), ...inEffect, ...notYet })
  .describe('what is left out follows the server’s default')
export type Settings = z.infer<typeof settings>

/** What can be chosen now. */
export const newSettings = z
  .strictObject({ historySync: only(false, historySync), ...inEffect, ...notYet })
  .describe('what is left out follows the server’s default')

const name = z.string().trim().min(1).max(200).describe('for people')

export const newInstance = z.strictObject({
  id: z
    .string()
    .regex(instanceIdPattern, { error: 'up to 63 of a-z, 0-9, _ and -, beginning with a letter or digit' })
    .optional()
    .describe('never given out again; generated where left out'),
  name,
  settings: newSettings.optional(),
})

/** RFC 7396: null takes a setting back; the result is validated again after merging. */
export const instancePatch = z.strictObject({
  name: name.optional(),
  settings: patchOf(newSettings, 'merged (RFC 7396); null takes all of them back').nullish(),
})

export const instance = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.string().describe(wordsOf(instanceStates)),
    reason: z
      .string()
      .nullable()
      .describe(`clients must accept new ones: ${wordsOf(instanceReasons)}`),
    reasonText: z.string().nullable().describe('for people'),
    stateAt: z.string(),
    phone: z.string().nullable().describe('digits'),
    lid: z.string().nullable(),
    samePhoneAs: z
      .array(z.string())
      .optional()
      .describe('other instances that the same phone is linked to: each of them has its messages; absent where there are none'),
    epoch: z.number(),
    settings,
    createdAt: z.string(),
  })
  .describe('A WhatsApp account')
export type Instance = z.infer<typeof instance>
