// What an operator chose for one instance: what may be given, what is kept, and what its owner reads of it. A key that is absent, or of
// another type, means the server's default.
import { z } from 'zod'
import { takesOnly } from '../runtime/later-version.ts'

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
  historySync: choice(
    'the messages that its phone tells of from before it was linked are taken, too; how many it tells is fixed when it is linked',
  ),
  ignoreGroups: choice('nothing of groups is stored or sent on'),
  ignoreStatus: choice('nothing of status updates is stored or sent on'),
  ignoreNewsletters: choice('nothing of channels is stored or sent on'),
  markOnline: choice('the account is shown as online while it is connected; its phone then shows no notifications'),
}
const notYet = {
  proxyUrl: nothing('it connects to WhatsApp by the network’s own route'),
  media: z
    .exactOptional(
      z
        .strictObject({
          download: only(true, 'fetch files'),
          kinds: nothing('files of every kind are fetched'),
          groups: only(true, 'fetch files of groups'),
          maxBytes: nothing('MEDIA_MAX_… are the limits'),
        })
        .meta({ title: 'MediaSettings' }),
    )
    .describe('which files are fetched'),
  audioFilter: z
    .exactOptional(
      z
        .strictObject({
          enabled: only(false, 'leave out audios by their length'),
          minSeconds: nothing('audios of every length are taken'),
          maxSeconds: nothing('audios of every length are taken'),
        })
        .meta({ title: 'AudioFilter' }),
    )
    .describe('which audios are fetched'),
  retentionDays: nothing('nothing is deleted by age'),
}

/** What was chosen for this instance, as it is given, kept and shown. */
export const settings = z
  .strictObject({ ...inEffect, ...notYet })
  .meta({ title: 'InstanceSettings', description: 'what is left out follows the server’s default' })
export type Settings = z.infer<typeof settings>

/** As its owner goes by them: nothing is left out. */
export type InstanceSettings = Record<keyof typeof inEffect, boolean>

export function readSettings(stored: unknown): InstanceSettings {
  const given = new Map(Object.entries(typeof stored === 'object' && stored !== null ? stored : {}))
  const flag = (name: keyof InstanceSettings) => given.get(name) === true
  return {
    historySync: flag('historySync'),
    ignoreGroups: flag('ignoreGroups'),
    ignoreStatus: flag('ignoreStatus'),
    ignoreNewsletters: flag('ignoreNewsletters'),
    markOnline: flag('markOnline'),
  }
}
