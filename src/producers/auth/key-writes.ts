// Makes an instance's key writes durable: one statement at a time, what waits goes together, creds never behind the keys that go with them.
import { wait } from '../../runtime/wait.ts'
import type { SocketLife } from '../socket-life.ts'
import type { AuthRows, KeyWrite } from './auth-rows.ts'
import type { KeyOverlay } from './key-overlay.ts'
import type { Outlasting } from './key-reads.ts'

export type KeyWrites = {
  /** Resolves once these writes, what waits for one, and the creds if they changed, are durable. */
  change(writes: readonly KeyWrite[]): Promise<void>
  /** With the next write of this account, else after a while. What they are is known at once. */
  lag(writes: readonly KeyWrite[]): void
  /** In its place among the writes. What is set while it goes on is newer, and stays. */
  eraseAll(type: string): Promise<void>
  /** Resolves once they are durable as they are now, which is not later than the next keys. */
  credsChanged(): Promise<void>
}
type Deps = {
  rows: Pick<AuthRows, 'write' | 'eraseKeys'>
  overlay: KeyOverlay
  life: SocketLife
  outlasting: Outlasting
  /** As they are now. */
  credsText(): string
  areCredsNew: boolean
  /** Nobody waits for what lags. */
  failed(error: unknown): void
}

/** Longer than a message takes from its pair to its own keys. */
const lagMs = 200

export function openKeyWrites(deps: Deps): KeyWrites {
  const { rows, overlay, life, outlasting } = deps
  let areCredsDirty = deps.areCredsNew
  let writing: Promise<void> | null = null

  /** Null: there is nothing to do, by the time that it could be done. */
  async function alone(begin: () => Promise<void> | null): Promise<void> {
    while (writing !== null) await writing
    writing = begin()
    await writing?.finally(() => {
      writing = null
    })
  }

  async function flush(): Promise<void> {
    const keys = overlay.beginWrite()
    const creds = areCredsDirty ? deps.credsText() : null
    areCredsDirty = false
    const answer = await outlasting('writing keys', () => rows.write({ keys, creds }))
    if (answer === 'fenced') throw fencedOff(life)
    overlay.written()
  }

  async function erase(type: string): Promise<void> {
    overlay.beginErasure(type)
    if ((await outlasting('erasing keys', () => rows.eraseKeys(type))) === 'fenced') throw fencedOff(life)
    overlay.erased(type)
  }

  function change(writes: readonly KeyWrite[]): Promise<void> {
    overlay.put(writes)
    return alone(() => (overlay.hasPending() || areCredsDirty ? flush() : null))
  }

  /** A commit of its own would cost each new contact a second one. */
  async function writeLate(writes: readonly KeyWrite[]): Promise<void> {
    if ((await wait(lagMs, life.signal)) && writes.some(overlay.isPending)) await change([])
  }

  return {
    change,
    lag: writes => {
      overlay.put(writes)
      writeLate(writes).catch(deps.failed)
    },
    eraseAll: type => alone(() => erase(type)),
    credsChanged: () => {
      areCredsDirty = true
      return change([])
    },
  }
}

/** The socket goes first; answers what to reject with. */
function fencedOff(life: SocketLife): unknown {
  life.terminate('fenced')
  return life.signal.reason
}
