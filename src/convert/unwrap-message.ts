// A message without its wrappers (view-once, ephemeral, edited, caption and the like), however deep they are nested, and what they say of it.
import type { proto } from '@whiskeysockets/baileys'
import { pathInto, wrappers } from './message-fields.ts'

export type Unwrapped = {
  content: proto.IMessage
  viewOnce: boolean
  /** By a bot. */
  forwarded: boolean
  /** Of the album, the event, the post that it belongs to; null: to none. */
  parentMessageId: string | null
  /** How long what it adds to another message lasts; null: not said. */
  addOnSeconds: number | null
  /** Where `content` is in the bytes of the message, as numbers of fields. */
  path: readonly number[]
}

/** Deeper than any client writes; what is deeper, or goes round in a circle, stays wrapped. */
const maxDepth = 8

export function unwrapMessage(message: proto.IMessage): Unwrapped {
  let unwrapped: Unwrapped = { ...outermost, content: message, ...toldBeside(message) }
  for (let depth = 0; depth < maxDepth; depth++) {
    const inner = without(unwrapped)
    if (inner === null) break
    unwrapped = inner
  }
  return unwrapped
}

const outermost = { viewOnce: false, forwarded: false, parentMessageId: null, addOnSeconds: null, path: [] }

/** null: it has no wrapper. */
function without(of: Unwrapped): Unwrapped | null {
  const wrapper = wrappers.find(name => of.content[name]?.message)
  const content = wrapper === undefined ? undefined : of.content[wrapper]?.message
  if (wrapper === undefined || !content) return null
  const commentedId = of.content.commentMessage?.targetMessageKey?.id
  return {
    content,
    viewOnce: of.viewOnce || wrapper.startsWith('viewOnce'),
    forwarded: of.forwarded || wrapper === 'botForwardedMessage',
    parentMessageId: (wrapper === 'commentMessage' && commentedId) || of.parentMessageId,
    addOnSeconds: of.addOnSeconds,
    path: [...of.path, ...pathInto(wrapper)],
    ...toldBeside(content),
  }
}

/** The innermost word counts. */
function toldBeside({ messageContextInfo: info }: proto.IMessage): Partial<Unwrapped> {
  const parentMessageId = info?.messageAssociation?.parentMessageKey?.id
  const addOnSeconds = info?.messageAddOnDurationInSecs
  return { ...(parentMessageId && { parentMessageId }), ...(addOnSeconds && { addOnSeconds }) }
}
