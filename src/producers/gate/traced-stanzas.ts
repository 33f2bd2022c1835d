// Which stanza a decrypted stanza part is of, and of which stanzas something is in the log. Both are forgotten with the stanza itself.
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { EncodedPart } from './stanza-parts.ts'

export type TracedStanzas = {
  trace(part: EncodedPart): void
  /** By the identity of the ciphertext object: the very one that Baileys hands to its repository. */
  partOf(ciphertext: Uint8Array): EncodedPart | undefined
  /** Appends something of the stanza: it is accounted for once that is durable. */
  account(node: BinaryNode, append: () => Promise<void>): Promise<void>
  /** It came again, and is in the log already. */
  accounted(node: BinaryNode): void
  isAccounted(node: BinaryNode): boolean
}

export function createTracedStanzas(): TracedStanzas {
  const traced = new WeakMap<Uint8Array, EncodedPart>()
  const accounted = new WeakSet<BinaryNode>()
  return {
    trace: part => void traced.set(part.content, part),
    partOf: ciphertext => traced.get(ciphertext),
    account: async (node, append) => {
      await append()
      accounted.add(node)
    },
    accounted: node => void accounted.add(node),
    isAccounted: node => accounted.has(node),
  }
}
