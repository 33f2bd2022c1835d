// Labels of business accounts, and what has them: from Baileys' labels.edit and labels.association.
import { bareJid } from '../jid.ts'
import { envelope, flagOf, inChat, itemOf, type Read, type Said, textOf } from './said.ts'

/** {id, name, color, deleted, predefinedId}; the last, WhatsApp's number of a label that it made itself, has no field. */
export function readLabel(payload: unknown): Read {
  const { id, name, color, deleted } = itemOf(payload)
  const labelId = textOf(id)
  if (labelId === null) return { said: [], rest: payload }
  const label = {
    name: textOf(name),
    color: Number.isInteger(color) && Math.abs(Number(color)) < 2 ** 31 ? Number(color) : null,
    deleted: deleted === true,
  }
  const said: Said = {
    entity: 'label',
    id: labelId,
    fields: label,
    about: null,
    event: (_differing, of) => ({
      ...envelope('label.changed', of),
      labelId,
      ...label,
      deleted: label.deleted ? true : null,
      chats: [],
    }),
  }
  return { said: [said], rest: undefined }
}

/** {type: add or remove, association: {type: label_jid or label_message, labelId, chatId, messageId?}}. */
export function readLabelAssociation(payload: unknown): Read {
  const { type, association } = itemOf(payload)
  const { labelId, chatId, messageId } = itemOf(association)
  const [label, chat, message] = [textOf(labelId), textOf(chatId), textOf(messageId)]
  const isMessage = itemOf(association).type === 'label_message'
  const on = flagOf(type === 'add' ? true : type === 'remove' ? false : null)
  if (label === null || chat === null || on === null || (isMessage && message === null)) return { said: [], rest: payload }
  const targetMessageId = isMessage ? message : null
  const said: Said = {
    entity: 'label given',
    id: JSON.stringify([label, bareJid(chat), targetMessageId]),
    fields: { on },
    about: chat,
    event: (_differing, of) => {
      const chats = [of.address.id]
      return { ...envelope('label.changed', of), ...inChat(of), labelId: label, on, targetMessageId, chats }
    },
  }
  return { said: [said], rest: undefined }
}
