// What WhatsApp lets one change of a message, and for how long. Its apps ignore what comes later, so that a client would never hear of it.
import { deletableHours, editableMinutes } from '../../events/command-bodies/about-messages.ts'
import type { MessageAnswer } from '../../projections/read-model/queries.ts'
import type { Of } from './complete-body.ts'
import { isAdminIn } from './find-group.ts'
import { refuseField } from './find-message.ts'

const field = 'targetMessageId'
const texts = ['text', 'link-preview']

/** `notAfter`: epoch ms; a change that goes out later is ignored. */
export type Changeable = { target: MessageAnswer; notAfter: number }

/** Throws Problem. How old a message is: by WhatsApp's clock, which it has, and this process'. */
export function checkEdit({ now }: Pick<Of, 'now'>, target: MessageAnswer): Changeable {
  if (!target.fromMe)
    throw refuseField(field, 'a message that the account wrote itself', `one of ${target.senderId ?? 'somebody else'}`)
  if (!texts.includes(target.kind))
    throw refuseField(field, 'a text: nothing else is edited in this version', `one of kind ${target.kind}`)
  return checkAge(target, { limitMs: editableMinutes * 60_000, words: `${editableMinutes} minutes`, now })
}

/** Everybody deletes what is their own, the admin of a group also what others wrote there. Throws Problem. */
export async function checkDelete(of: Of, target: MessageAnswer): Promise<Changeable> {
  if (!target.fromMe && !(target.isGroup && (await isAdminIn(of, target.chatId ?? ''))))
    throw refuseField(
      field,
      target.isGroup
        ? 'a message that the account wrote itself, or a group that it is an admin of'
        : 'a message that the account wrote itself',
      `one of ${target.senderId ?? 'somebody else'}`,
    )
  return checkAge(target, { limitMs: deletableHours * 3_600_000, words: `${deletableHours} hours`, now: of.now })
}

type Window = { limitMs: number; words: string; now: number }

function checkAge(target: MessageAnswer, { limitMs, words, now }: Window): Changeable {
  const notAfter = Date.parse(target.occurredAt) + limitMs
  if (now <= notAfter) return { target, notAfter }
  throw refuseField(field, `a message of the last ${words}`, `one of ${target.occurredAt}`)
}
