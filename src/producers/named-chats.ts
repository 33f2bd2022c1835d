// Which groups, status and channels a stanza or a payload tells of, wherever in it their addresses are; and the payload without those
// that are ignored. People are in every payload, and are never ignored.
import type { BinaryNode } from '@whiskeysockets/baileys'

const server = /@(?:g\.us|newsletter|broadcast)\b/g
/** Looked back for from each server, so that a long text costs its length and not its square. */
const user = /[\w.-]+$/
const maxUserCharacters = 64

export const chatsInText = (text: string): readonly string[] =>
  Array.from(text.matchAll(server)).flatMap(({ 0: found, index }) => {
    const [before] = user.exec(text.slice(Math.max(0, index - maxUserCharacters), index)) ?? []
    return before === undefined ? [] : [`${before}${found}`]
  })

/** In attributes, and in contents that are text (channels' notifications are JSON). */
export function chatsInStanza({ attrs, content }: BinaryNode): readonly string[] {
  const named = Object.values(attrs).flatMap(chatsInText)
  if (Array.isArray(content)) return [...named, ...content.flatMap(chatsInStanza)]
  if (content === undefined) return named
  return [...named, ...chatsInText(typeof content === 'string' ? content : Buffer.from(content).toString('latin1'))]
}

/**
 * Of JSON: lists lose the items that tell of an ignored chat; what tells of one outside of a list is left out whole. undefined: nothing
 * is left, also where a list has lost all it had.
 */
export function withoutChats(value: unknown, ignores: (chat: string) => boolean): unknown {
  if (typeof value === 'string') return chatsInText(value).some(ignores) ? undefined : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const left = value.map(item => withoutChats(item, ignores)).filter(item => item !== undefined)
    return left.length === 0 && value.length > 0 ? undefined : left
  }
  const kept = Object.entries(value).map(([name, item]) => [name, withoutChats(item, ignores)] as const)
  const tells = kept.some(([name, item]) => item === undefined || chatsInText(name).some(ignores))
  return tells ? undefined : Object.fromEntries(kept)
}
