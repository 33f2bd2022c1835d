// Counts what a socket hears: every frame, the stanzas that say something, and what WhatsApp says at a login of the time away: how much it has
// kept (`ib` with offline_preview), and that all of it was sent (`ib` with offline). Baileys only logs both (lib/Socket/socket.js); the
// words of the attributes are those of whatsmeow's handleIB.
import type { EventEmitter } from 'node:events'
import { type BinaryNode, getBinaryNodeChild } from '@whiskeysockets/baileys'
import { type GatedClass, gatedClasses } from '../gate/ack-gate.ts'

export type Heard = {
  heard(): void
  /** `isFromOffline`: it says that it waited for this login. */
  received(stanzaClass: GatedClass, isFromOffline: boolean): void
  announced(preview: { stanzas: number; messages: number; receipts: number; notifications: number }): void
  announcedEnded(): void
}

/** Call when the queue of stanzas has taken the place of Baileys' own listeners, which it expects to be alone. */
export function countHeard(socket: EventEmitter, to: Heard): void {
  socket.on('message', to.heard)
  for (const stanzaClass of gatedClasses)
    socket.on(`CB:${stanzaClass}`, ({ attrs }: BinaryNode) => to.received(stanzaClass, attrs.offline !== undefined))
  socket.on('CB:ib,,offline_preview', (node: BinaryNode) => {
    const { attrs = {} } = getBinaryNodeChild(node, 'offline_preview') ?? {}
    to.announced({
      stanzas: countOf(attrs.count),
      messages: countOf(attrs.message),
      receipts: countOf(attrs.receipt),
      notifications: countOf(attrs.notification),
    })
  })
  socket.on('CB:ib,,offline', to.announcedEnded)
}

/** What is no count is none. */
function countOf(said: string | undefined): number {
  const count = Number(said ?? 0)
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}
