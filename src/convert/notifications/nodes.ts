// What converters read of a stanza's nodes: whatever is missing or odd there is nothing.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { intOf } from '../kinds/body.ts'

export const childrenOf = ({ content }: BinaryNode): readonly BinaryNode[] => (Array.isArray(content) ? content : [])

export const childOf = (node: BinaryNode, tag: string): BinaryNode | null =>
  childrenOf(node).find(child => child.tag === tag) ?? null

/** '' where there is none. Bytes that are no UTF-8 become U+FFFD. */
export function textIn({ content }: BinaryNode): string {
  if (content === undefined || Array.isArray(content)) return ''
  return typeof content === 'string' ? content : Buffer.from(content).toString()
}

/** Digits that a signed 32-bit number holds. */
export const intIn = (digits: string | undefined): number | null =>
  digits !== undefined && /^\d{1,10}$/.test(digits) ? intOf(Number(digits)) : null

/** Epoch seconds as epoch milliseconds; 0 and what no calendar has is nothing. */
export const instantIn = (seconds: string | undefined): number | null =>
  seconds !== undefined && /^\d{1,12}$/.test(seconds) && Number(seconds) > 0 ? Number(seconds) * 1000 : null
