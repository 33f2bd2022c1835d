// Puts stanzas into a companion's queue and on its wire; what is queued comes again at every login until the client settles it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { node, server } from '../connection/stanza.ts'
import type { Entry } from './queue.ts'
import type { Letter } from './send-message.ts'
import type { Companion } from './world.ts'

export function deliver(companion: Companion, stanza: BinaryNode, letter: Letter | null = null): void {
  sendEntry(companion, companion.queue.add(stanza, letter))
}

/** The same bytes again; what was settled is queued once more. Returns how many. */
export function redeliver(companion: Companion, ids?: readonly string[]): number {
  const pending = new Set(companion.queue.pending())
  const chosen = companion.queue.remembered().filter(entry => ids === undefined || ids.includes(entry.id))
  for (const entry of chosen) {
    if (pending.has(entry)) sendEntry(companion, entry)
    else deliver(companion, entry.stanza, entry.letter)
  }
  return chosen.length
}

/** What WhatsApp does when a client says `active` after its login: the whole queue, marked offline, then the live stream. */
export function flushOffline(companion: Companion): void {
  const { client } = companion
  if (client === null || client.isActive) return
  const entries = companion.queue.pending()
  if (entries.length > 0) client.connection.send(node('ib', { from: server }, [offlinePreview(entries)]))
  for (const entry of entries) {
    entry.deliveries++
    const { tag, attrs, content } = entry.stanza
    client.connection.send(node(tag, { ...attrs, offline: String(entry.deliveries) }, content))
  }
  client.connection.send(node('ib', { from: server }, [node('offline', { count: String(entries.length) })]))
  client.isActive = true
}

function sendEntry(companion: Companion, entry: Entry): void {
  if (!companion.client?.isActive) return
  entry.deliveries++
  companion.client.connection.send(entry.stanza)
}

function offlinePreview(entries: readonly Entry[]): BinaryNode {
  const count = (tag: string) => String(entries.filter(entry => entry.stanza.tag === tag).length)
  return node('offline_preview', {
    count: String(entries.length),
    message: count('message'),
    receipt: count('receipt'),
    notification: count('notification'),
    appdata: '0',
  })
}
