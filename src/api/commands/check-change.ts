// What WhatsApp lets one change of a message, and for how long. Its apps ignore what comes later, so that a client would never hear of it.
import type { MessageAnswer } from '../../projections/read-model/queries.ts'
import type { Of } from './complete-body.ts'
import { isAdminIn } from './find-group.ts'
import { refuseField } from './find-message.ts'

/** Its apps offer an edit for so long; its server takes one for 20 (whatsmeow's send.go, EditWindow). */
export const EDIT_WINDOW_MINUTES = 15
/** Two days and a half: "Delete for everyone" of its apps since August 2022. */
export const DELETE_WINDOW_HOURS = 60

const field = 'targetMessageId'
const texts = ['text', 'link-preview']

/** Throws Problem. How old a message is: by WhatsApp's clock, which it has, and this process'. */
export function checkEdit({ now }: Pick<Of, 'now'>, target: MessageAnswer): MessageAnswer {
  if (!target.fromMe)
    throw refuseField(field, 'a message that the account wrote itself', `one of ${target.senderId ?? 'somebody else'}`)
  if (!texts.includes(target.kind))
    throw refuseField(field, 'a text: nothing else is edited in this version', `one of kind ${target.kind}`)
  return checkAge(target, { limitMs: EDIT_WINDOW_MINUTES * 60_000, words: `${EDIT_WINDOW_MINUTES} minutes`, now })
}

/** Everybody deletes what is their own, the admin of a group also what others wrote there. Throws Problem. */
export async function checkDelete(of: Of, target: MessageAnswer): Promise<MessageAnswer> {
  if (!target.fromMe && !(target.isGroup && (await isAdminIn(of, target.chatId ?? ''))))
    throw refuseField(
      field,
      target.isGroup
        ? 'a message that the account wrote itself, or a group that it is an admin of'
        : 'a message that the account wrote itself',
      `one of ${target.senderId ?? 'somebody else'}`,
    )
  return checkAge(target, { limitMs: DELETE_WINDOW_HOURS * 3_600_000, words: `${DELETE_WINDOW_HOURS} hours`, now: of.now })
}

type Window = { limitMs: number; words: string; now: number }

function checkAge(target: MessageAnswer, { limitMs, words, now }: Window): MessageAnswer {
  if (now - Date.parse(target.occurredAt) <= limitMs) return target
  throw refuseField(field, `a message of the last ${words}`, `one of ${target.occurredAt}`)
}
