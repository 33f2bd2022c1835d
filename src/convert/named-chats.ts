// Which groups, status and channels a stanza or a payload tells of, wherever in it their addresses are; and the payload without those
// that are ignored. People are in every payload, and are never ignored; an address inside of what somebody wrote tells of nothing.
import type { BinaryNode } from '@whiskeysockets/baileys'

const address = /^[\w.-]{1,64}@(?:g\.us|newsletter|broadcast)$/

/** Of JSON, however deep: each value, and each name of a field, that is an address and nothing else. */
export function chatsInPayload(whole: unknown): readonly string[] {
  const found: string[] = []
  const left: unknown[] = [whole]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string' && address.test(value)) found.push(value)
    if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value).reverse()) left.push(item, name)
  }
  return found
}

/** In attributes, and in contents that are text (channels' notifications are JSON). */
export function chatsInStanza({ attrs, content }: BinaryNode): readonly string[] {
  const named = chatsInPayload(attrs)
  if (Array.isArray(content)) return [...named, ...content.flatMap(chatsInStanza)]
  if (content === undefined) return named
  return [...named, ...chatsInPayload(parsed(typeof content === 'string' ? content : Buffer.from(content).toString()))]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Plain text, or no text at all.
    return text
  }
}

/**
 * Lists lose the items that tell of an ignored chat; what tells of one outside of a list is left out whole. undefined: nothing is left,
 * also where a list has lost all it had.
 */
export function withoutChats(value: unknown, ignores: (chat: string) => boolean): unknown {
  if (typeof value !== 'object' || value === null) return chatsInPayload(value).some(ignores) ? undefined : value
  if (Array.isArray(value)) {
    const left = value.map(item => withoutChats(item, ignores)).filter(item => item !== undefined)
    return left.length === 0 && value.length > 0 ? undefined : left
  }
  const kept = Object.entries(value).map(([name, item]) => [name, withoutChats(item, ignores)] as const)
  const tells = kept.some(([name, item]) => item === undefined || chatsInPayload(name).some(ignores))
  return tells ? undefined : Object.fromEntries(kept)
}
