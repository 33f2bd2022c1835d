// WhatsApp's LTHash: a sum over the MACs of all that a collection has, the same whichever way it came about (whatsmeow appstate/lthash).
import { hkdfSync } from 'node:crypto'

export const emptyHash = (): Buffer => Buffer.alloc(128)

/** A new hash. */
export function changeHash(hash: Buffer, { removed, added }: { removed: readonly Buffer[]; added: readonly Buffer[] }): Buffer {
  const sum = Buffer.from(hash)
  for (const mac of removed) addTo(sum, mac, -1)
  for (const mac of added) addTo(sum, mac, 1)
  return sum
}

/** 64 numbers of 16 bits, each by itself. */
function addTo(sum: Buffer, mac: Buffer, sign: 1 | -1): void {
  const expanded = Buffer.from(hkdfSync('sha256', mac, '', 'WhatsApp Patch Integrity', 128))
  for (let at = 0; at < sum.length; at += 2)
    sum.writeUInt16LE((sum.readUInt16LE(at) + sign * expanded.readUInt16LE(at)) & 0xffff, at)
}
