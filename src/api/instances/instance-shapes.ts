// What goes in and out of /v1/instances.
import { z } from 'zod'
import { account, exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import { instanceReasons, instanceStates, wordsOf } from '../../events/vocabulary.ts'
import { instanceIdPattern } from '../../instances/instance-ids.ts'
import { settings } from '../../instances/instance-settings.ts'
import { patchOf } from '../patch-of.ts'

const name = z.string().trim().min(1).max(200).describe('for people')

export const newInstance = z
  .strictObject({
    id: z
      .string()
      .regex(instanceIdPattern, { error: 'up to 63 of a-z, 0-9, _ and -, beginning with a letter or digit' })
      .optional()
      .describe('never given out again; generated where left out'),
    name,
    settings: settings.optional(),
  })
  .meta({
    examples: [
      { id: exampleIds.instance, name: 'Support' },
      { name: 'Shop', settings: { historySync: true } },
    ],
  })

/** RFC 7396: null takes a setting back; the result is validated again after merging. */
export const instancePatch = z
  .strictObject({
    name: name.optional(),
    settings: patchOf(settings, 'merged (RFC 7396); null takes all of them back').nullish(),
  })
  .meta({ examples: [{ name: 'Support, São Paulo' }, { settings: { ignoreGroups: true, markOnline: null } }] })

export const exampleInstance = {
  ...{ id: exampleIds.instance, name: 'Support', state: 'open', reason: null, reasonText: null, stateAt: exampleEndAt },
  ...{ phone: account.digits, lid: account.id, epoch: 1, settings: { ignoreGroups: true }, createdAt: exampleAt },
}
const justMade = { ...exampleInstance, state: 'created', stateAt: exampleAt, phone: null, lid: null, epoch: 0, settings: {} }

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
  .meta({ title: 'Instance', examples: [exampleInstance] })
/** As it is once it was asked for. */
export const madeInstance = instance.meta({ examples: [justMade] })
export type Instance = z.infer<typeof instance>
