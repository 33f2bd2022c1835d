// The call of /sim/v1 for what the owner does on the phone that every linked device is told: archive, mute, pin, star, label, rename.
import { z } from 'zod'
import type { PhoneAction } from '../accounts/app-state/actions.ts'
import { type At, type ControlCall, does } from './call.ts'

const jid = z.string().regex(/^[\w.-]+@(?:lid|s\.whatsapp\.net|g\.us|newsletter)$/, 'expected a JID')
const on = z.boolean()
const text = z.string().min(1)
const message = { chat: jid, messageId: text, fromMe: z.boolean().default(false), author: jid.exactOptional() }

const phoneAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['archive', 'pin', 'lock', 'markUnread']), chat: jid, on }),
  z.strictObject({ kind: z.literal('mute'), chat: jid, on, untilMs: z.int().min(0).nullable().exactOptional() }),
  z.strictObject({ kind: z.enum(['deleteChat', 'clearChat']), chat: jid }),
  z.strictObject({ kind: z.literal('star'), ...message, on }),
  z.strictObject({ kind: z.literal('deleteMessage'), ...message }),
  z.strictObject({ kind: z.literal('contact'), jid, lid: jid.exactOptional(), name: text.nullable() }),
  z.strictObject({
    kind: z.literal('label'),
    ...{ id: text, name: text },
    color: z.int().min(0).exactOptional(),
    isDeleted: z.boolean().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('giveLabel'), id: text, chat: jid, messageId: text.exactOptional(), on }),
]) satisfies z.ZodType<PhoneAction>

/**
 * `share`: where the phone has not shared the key yet, without which a linked device reads nothing, it does so first, or (false) does not
 * [it does, unless it was linked with `share: false`].
 */
const appStateRequest = z.strictObject({ share: z.boolean().exactOptional(), actions: z.array(phoneAction).max(10_000) })

const chat = '205511900000011@lid'
const examples: readonly PhoneAction[] = [
  { kind: 'archive', chat, on: true },
  { kind: 'mute', chat, on: true, untilMs: null },
  { kind: 'deleteChat', chat },
  { kind: 'star', chat, messageId: '3EB0000000000000000001', fromMe: false, on: true },
  { kind: 'deleteMessage', chat, messageId: '3EB0000000000000000001', fromMe: false },
  { kind: 'contact', jid: '5511900000011@s.whatsapp.net', lid: chat, name: 'Ana Souza' },
  { kind: 'label', id: '1', name: 'Pago', color: 3 },
  { kind: 'giveLabel', id: '1', chat, on: true },
]

export const appStateCalls: readonly ControlCall[] = [
  does(
    {
      path: '/sim/v1/devices/:pn/app-state',
      about: 'The owner archives, mutes, pins, locks, stars, deletes, labels or renames on the phone; linked devices are told.',
      takes: appStateRequest,
      examples: examples.map((action, index) => ({ ...(index === 0 && { share: false }), actions: [action] })),
    },
    act,
  ),
]

async function act({ device }: At, { share, actions }: z.infer<typeof appStateRequest>) {
  const phone = device()
  const key = phone.appStateKey()
  if (key !== 'shared' && (share ?? key === null)) await phone.shareAppState()
  phone.act(...actions)
  return { actions: actions.length }
}
