// What phones show of what one companion wrote: each id once in its chat, whatever copies of it come, with its edits and revokes applied.
import { normalizeMessageContent, proto } from '@whiskeysockets/baileys'
import type { Contact } from './accounts.ts'
import { openEdit } from './open-edit.ts'
import { noteSecret } from './seal-content.ts'

export type Shown = {
  /** LID of the other one, or the group's JID. */
  chat: string
  messageId: string
  /** As it was edited last; revoked: nothing. */
  content: proto.IMessage
  isEdited: boolean
  isRevoked: boolean
  /** Phone numbers of those whose phone has it, the account's own among them, in the order in which it came to them. */
  shownTo: readonly string[]
  /** When the first of them had it. */
  shownAt: number
}
/** Of the account, to a message of anybody; one for each. */
export type ReactionShown = { chat: string; targetMessageId: string; emoji: string; messageId: string }
/** Two copies under one id say different things: phones show the first that comes to them. This must never happen. */
export type Conflict = { chat: string; messageId: string; shown: proto.IMessage; other: proto.IMessage }

/** One copy, as one phone read it. */
export type Copy = { reader: Contact; chat: string; content: proto.IMessage }
export type Phones = ReturnType<typeof createPhones>

/** Whether nobody had it before, or that phone had not, or it had. */
export type Came = 'first' | 'another' | 'again'
type FirstCopy = { chat: string; messageId: string; content: proto.IMessage; bytes: Buffer; readers: Set<string>; cameAt: number }
/** What became of a message after it came. */
type Changes = { edited?: proto.IMessage; isRevoked?: boolean }

const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type

export function createPhones() {
  /** By chat and message id, in order. */
  const came = new Map<string, FirstCopy>()
  const shown = new Map<string, Changes>()
  const reactions = new Map<string, ReactionShown>()
  const conflicts: Conflict[] = []

  function read(messageId: string, { reader, chat, content }: Copy, author: Contact): Came {
    const bytes = bytesOf(content)
    const known = came.get(placeOf(chat, messageId))
    if (known === undefined) {
      const first = { chat, messageId, content, bytes, readers: new Set([reader.pn]), cameAt: Date.now() }
      came.set(placeOf(chat, messageId), first)
      noteSecret(messageId, content.messageContextInfo?.messageSecret)
      show(first, author)
      return 'first'
    }
    if (!known.bytes.equals(bytes)) conflicts.push({ chat, messageId, shown: known.content, other: content })
    if (known.readers.has(reader.pn)) return 'again'
    known.readers.add(reader.pn)
    return 'another'
  }

  function show({ chat, messageId, content }: Omit<FirstCopy, 'bytes' | 'readers' | 'cameAt'>, author: Contact): void {
    const reaction = normalizeMessageContent(content)?.reactionMessage
    const change = changeIn(chat, content, author)
    const target = shown.get(placeOf(chat, change?.key?.id ?? ''))
    if (reaction) react({ chat, messageId, ...reactionOf(reaction) })
    else if (target && change?.type === REVOKE) target.isRevoked = true
    else if (target && change?.editedMessage) target.edited = change.editedMessage
    else shown.set(placeOf(chat, messageId), {})
  }

  /** The edit, also where it is sealed, or the revoke that a message is; null: neither. */
  function changeIn(chat: string, content: proto.IMessage, author: Contact): proto.Message.IProtocolMessage | null {
    const said = normalizeMessageContent(content)
    const secretOfTarget = (id: string) => came.get(placeOf(chat, id))?.content.messageContextInfo?.messageSecret
    const change = said?.secretEncryptedMessage
      ? openEdit(said.secretEncryptedMessage, author, secretOfTarget)
      : said?.protocolMessage
    return change?.type === MESSAGE_EDIT || change?.type === REVOKE ? change : null
  }

  function react(reaction: ReactionShown): void {
    const place = placeOf(reaction.chat, reaction.targetMessageId)
    reactions.delete(place)
    if (reaction.emoji !== '') reactions.set(place, reaction)
  }

  function view(place: string, { edited, isRevoked = false }: Changes): readonly Shown[] {
    const first = came.get(place)
    if (first === undefined) return []
    const { chat, messageId, readers, cameAt } = first
    const content = isRevoked ? {} : (edited ?? first.content)
    return [{ chat, messageId, content, isEdited: edited !== undefined, isRevoked, shownTo: [...readers], shownAt: cameAt }]
  }

  return {
    read,
    changeIn,
    /** In the order in which the first copies came. What changes a message that the companion did not write is listed as it is. */
    shown: (): readonly Shown[] => [...shown].flatMap(([place, changes]) => view(place, changes)),
    /** The newest last. */
    reactions: (): readonly ReactionShown[] => [...reactions.values()],
    conflicts: (): readonly Conflict[] => [...conflicts],
  }
}

const placeOf = (chat: string, messageId: string): string => `${chat} ${messageId}`

const reactionOf = ({ key, text }: proto.Message.IReactionMessage) => ({ targetMessageId: key?.id ?? '', emoji: text ?? '' })

/** The sender key comes beside what is written where a member asked for it again. */
const bytesOf = (content: proto.IMessage): Buffer =>
  Buffer.from(proto.Message.encode({ ...content, senderKeyDistributionMessage: null }).finish())
