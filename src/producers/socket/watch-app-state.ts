// Says of Baileys' events whether they tell the app state as a whole or what changed in it, which Baileys itself does not say (resyncAppState in
// lib/Socket/chats.js): it stores the versions of the collections that it has brought up to date, and tells right after.
import type { BinaryNode, SignalDataSet, SignalKeyStore, WASocket } from '@whiskeysockets/baileys'

/** `regular_high`, `critical_unblock_low` … */
export type Collection = string

export type AppStateWatch = {
  /** To be given to Baileys. */
  keys: SignalKeyStore
  follow(socket: Pick<WASocket, 'ws' | 'ev'>): void
  /** What is being told now. */
  telling(): readonly Collection[]
  /** Of what is being told now, whether all that there is may be in it: no version was there to begin from, or WhatsApp sent a snapshot. */
  isWhole(): boolean
}
type Deps = {
  keys: SignalKeyStore
  /** Everything that Baileys had to tell of these has been told. */
  told(collections: readonly Collection[]): void
}

const versions = 'app-state-sync-version'

export function watchAppState({ keys, told }: Deps): AppStateWatch {
  /** Asked for from nothing, or answered by a snapshot, and not told yet. */
  const whole = new Set<Collection>()
  const telling = new Set<Collection>()
  let flush: () => void = () => undefined

  async function get<Type extends Parameters<SignalKeyStore['get']>[0]>(type: Type, ids: string[]) {
    const found = await keys.get(type, ids)
    if (type === versions) for (const id of ids) if (!found[id]) whole.add(id)
    return found
  }

  /**
   * Between what was stored and what is told of it lie microtasks alone. What Baileys buffered until then goes out before: it would merge what
   * is told of a message or a chat into the event that brought it (lib/Utils/event-buffer.js), which is ignored as a gated stanza's.
   */
  async function set(data: SignalDataSet): Promise<void> {
    await keys.set(data)
    const stored = Object.keys(data[versions] ?? {})
    if (stored.length === 0) return
    flush()
    for (const collection of stored) telling.add(collection)
    setImmediate(() => end(stored))
  }

  function end(stored: readonly Collection[]): void {
    // What Baileys buffers of it, for up to 100 ms, is told as what it is.
    flush()
    told(stored)
    for (const collection of stored) {
      telling.delete(collection)
      whole.delete(collection)
    }
  }

  function answered(answer: BinaryNode): void {
    for (const collection of snapshotsIn(answer)) whole.add(collection)
  }

  return {
    keys: { ...keys, get, set },
    follow: ({ ws, ev }) => {
      flush = () => void ev.flush()
      ws.on('CB:iq,,sync', answered)
    },
    telling: () => [...telling],
    isWhole: () => [...telling].some(collection => whole.has(collection)),
  }
}

function snapshotsIn({ content }: BinaryNode): readonly Collection[] {
  const [sync] = Array.isArray(content) ? content : []
  const collections = Array.isArray(sync?.content) ? sync.content : []
  return collections.flatMap(({ attrs, content: parts }) =>
    attrs.name !== undefined && Array.isArray(parts) && parts.some(({ tag }) => tag === 'snapshot') ? [attrs.name] : [],
  )
}
