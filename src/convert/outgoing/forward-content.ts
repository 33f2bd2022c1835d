// A message once more, as what it was, marked as forwarded. Baileys' generateForwardMessageContent counts in the same way: what is one's own and
// nobody's else is not marked.

import type { ContentToForward } from '../../events/command-bodies/known.ts'
import type { KeptBody } from '../../events/command-bodies.ts'
import { assertNever } from '../../events/event.ts'
import type { BuildWith, Built } from './build-message.ts'
import { timer } from './context-info.ts'
import { contactsContent, fileOf, pointOf, pollContent, textContent } from './write-content.ts'
import { fileContent } from './write-file.ts'

export function forwardContent(body: Extract<KeptBody, { kind: 'forward' }>, given: Pick<BuildWith, 'file'>): Built {
  const forwarded = body.known?.forwarded
  if (forwarded === undefined)
    throw new Error(`forwarding ${body.messageId}: expected what is known of that message, got nothing`)
  const { content, times } = forwarded
  const contextInfo = { ...(times > 0 && { forwardingScore: times, isForwarded: true }), ...timer(body) }
  const context = Object.keys(contextInfo).length === 0 ? {} : { contextInfo }
  if ('uploadId' in content) return { content: fileContent(content, fileOf(given), context) }
  return builtOf(content, context)
}

function builtOf(content: Exclude<ContentToForward, { uploadId: string }>, context: Parameters<typeof textContent>[1]): Built {
  switch (content.kind) {
    case 'text':
      return { content: textContent(content, context) }
    case 'location':
      return { content: { locationMessage: { ...pointOf(content.location), ...context } } }
    case 'contacts':
      return { content: contactsContent(content.contacts, context) }
    case 'poll':
      return pollContent(content.poll, context)
    default:
      return assertNever(content)
  }
}
