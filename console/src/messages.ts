// Messages as the page shows them. Pure.

export type Message = {
  eventId: string
  chatId: string | null
  chatPn: string | null
  senderName: string | null
  senderPn: string | null
  senderId: string | null
  fromMe: boolean
  isGroup: boolean
  kind: string
  text: string | null
  occurredAt: string
  editedAt: string | null
  revokedAt: string | null
  undecryptable: string | null
  status: string | null
  changedByEvent: string
  media: { status: string; fileName: string | null; mimetype: string | null } | null
}

export const MESSAGES_SHOWN = 30
/** Longer ones are cut until somebody wants to see the rest. */
export const PREVIEW_CHARACTERS = 1_000

/** Never inside a surrogate pair. */
export function previewOf(text: string): string {
  if (text.length <= PREVIEW_CHARACTERS) return text
  const cut = text.slice(0, PREVIEW_CHARACTERS)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}

/** Digits of a phone where one is known. */
export const senderOf = ({ senderName, senderPn, senderId, chatPn, chatId }: Message): string =>
  senderName ?? (senderPn ?? chatPn)?.split('@')[0] ?? senderId ?? chatId ?? ''

/** How many of `now` were not there before; nothing is new the first time. */
export const countNew = (before: readonly Message[] | null, now: readonly Message[]): number => {
  if (before === null) return 0
  const known = new Set(before.map(one => one.eventId))
  return now.filter(one => !known.has(one.eventId)).length
}
