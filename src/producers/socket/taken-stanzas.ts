// Stanzas of one socket that were taken in and that Baileys is not done with yet: how many that may be, and who has to wait for one of them.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { sendersOf } from '../gate/look-ahead.ts'
import type { LookAheadEnd } from '../gate/traced-stanzas.ts'

export type TakenStanzas = {
  /** Resolves once one is through that has to be before this one may be taken in; perhaps another is left. null: none is. */
  blocking(node: BinaryNode): Promise<void> | null
  enter(node: BinaryNode): TakenStanza
}
export type TakenStanza = {
  node: BinaryNode
  /** Resolves once none of its senders is left that entered before; null: there is none. */
  earlier(): Promise<void> | null
  endsLookAhead(end: LookAheadEnd): void
  /**
   * Baileys is done with it, or will never see it (null), or has left `rest` to do: until that is over it has no place any more, but holds those
   * for whom the look-ahead ends with it.
   */
  leave(rest: Promise<void> | null): void
}
type Inside = { senders: readonly string[]; sizeBytes: number; end: LookAheadEnd; left: Promise<void> }

/**
 * WhatsApp lets about a hundred through that are not acknowledged. These cover 40 ms of a socket that takes in all that Baileys can, which is
 * more than an append takes; and no counter of a ratchet gets further ahead of its row than a crash may cost (may-lag.ts).
 */
const maxStanzas = 64
/** Of what they hold, so that large ones cost an account no more memory. One alone may be larger. */
const maxBytes = 4 * 1024 * 1024

export function createTakenStanzas(): TakenStanzas {
  const inside = new Set<Inside>()
  /** Baileys is not done with them, and nothing waits for a place of theirs. */
  const lingering = new Set<Inside>()
  let insideBytes = 0

  const isFullFor = (node: BinaryNode) => inside.size >= maxStanzas || (inside.size > 0 && insideBytes + sizeOf(node) > maxBytes)

  return {
    blocking: node => {
      if (isFullFor(node)) return [...inside][0]?.left ?? null
      const all = [...lingering, ...inside]
      if (all.every(({ end }) => end === 'nobody')) return null
      const senders = sendersOf(node)
      return all.find(one => one.end === 'everybody' || (one.end === 'sender' && isOf(one, senders)))?.left ?? null
    },
    enter: node => {
      const { promise: left, resolve } = Promise.withResolvers<void>()
      const one: Inside = { senders: sendersOf(node), sizeBytes: sizeOf(node), end: 'nobody', left }
      inside.add(one)
      insideBytes += one.sizeBytes
      return {
        node,
        earlier: () => {
          const before = [...lingering, ...inside].filter(other => other !== one && isOf(other, one.senders))
          return before.length === 0 ? null : Promise.all(before.map(other => other.left)).then(() => undefined)
        },
        endsLookAhead: end => {
          one.end = end
        },
        leave: rest => {
          if (inside.delete(one)) insideBytes -= one.sizeBytes
          if (rest === null || one.end === 'nobody') return resolve()
          lingering.add(one)
          rest.finally(() => {
            lingering.delete(one)
            resolve()
          })
        },
      }
    },
  }
}

const isOf = ({ senders }: Inside, named: readonly string[]): boolean => senders.some(sender => named.includes(sender))

function sizeOf({ content }: BinaryNode): number {
  if (Array.isArray(content)) return content.reduce((sum, child) => sum + sizeOf(child), 0)
  return content?.length ?? 0
}
