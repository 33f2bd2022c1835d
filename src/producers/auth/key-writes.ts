// Makes an instance's key writes durable: one statement at a time, each with all that is there, and never before what was appended until then.
// Creds are never behind the keys that go with them. What lags begins at the beat of the process; whoever waits for a write does not.
import { setImmediate } from 'node:timers/promises'
import type { MessageTry } from '../../instances/command-tries.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { SocketEnded, type SocketLife } from '../socket-life.ts'
import type { AuthRows, KeyWrite } from './auth-rows.ts'
import type { KeyOverlay } from './key-overlay.ts'
import type { Outlasting } from './key-reads.ts'
import type { KeyWriter } from './key-writer.ts'
import { createLaggingKeys, type SetKey } from './lagging-keys.ts'
import type { SetAside } from './set-aside.ts'
import { createTriesWithKeys, type WaitingTry } from './tries-with-keys.ts'

export type KeyWrites = {
  /** Resolves once these writes, what waits for one, and the creds if they changed, are durable. */
  change(writes: readonly KeyWrite[]): Promise<void>
  /** With the next write of this account, at the latest after the beat. What they are is known at once. Answers whether all of them may lag. */
  lag(unit: readonly SetKey[]): boolean
  /** In its place among the writes. What is set while it goes on is newer, and stays. */
  eraseAll(type: string): Promise<void>
  /** Resolves once they are durable as they are now, which is not later than the next keys. */
  credsChanged(): Promise<void>
  /** With the next write of this account, which is the one of the keys that encrypt the message. */
  beginTry(one: MessageTry): BeginningTry
}
export type BeginningTry = {
  /** Once it is durable, at the latest now. false: it is its owner's no more, or somebody else holds its row. Rejects with the socket's end. */
  began(): Promise<boolean>
  /** From now on it begins with no write. false: one has taken it, and only `began` says what came of that. */
  forget(): boolean
}
type Deps = {
  rows: Pick<AuthRows, 'write' | 'eraseKeys'>
  overlay: KeyOverlay
  setAside: Pick<SetAside, 'of'>
  keyWriter: Pick<KeyWriter, 'hurry' | 'atNextBeat' | 'budget'>
  life: SocketLife
  outlasting: Outlasting
  /** Resolves once everything that was appended until now is durable. */
  appended(): Promise<void>
  /** As they are now. */
  credsText(): string
  areCredsNew: boolean
  /** Nobody waits for what lags. */
  failed(error: unknown): void
}
/** One write or erasure on its way. */
type Work = { isUrgent: boolean; ended: Promise<void> }

export function openKeyWrites(deps: Deps): KeyWrites {
  const { rows, overlay, keyWriter, life, outlasting } = deps
  const lagging = createLaggingKeys({ ...deps, budget: keyWriter.budget })
  const tries = createTriesWithKeys()
  const alone = createTurns(keyWriter)
  let areCredsDirty = deps.areCredsNew
  let isBeatAwaited = false
  onAbort(life.signal, lagging.end)

  const hasPending = () => overlay.hasPending() || areCredsDirty
  const flush = (isUrgent: boolean) => alone(isUrgent, mine => (hasPending() ? write(mine) : null))

  async function began(one: WaitingTry): Promise<boolean> {
    await alone(true, mine => (tries.isWaiting(one) ? write(mine) : null))
    return one.began
  }

  async function write(mine: Work): Promise<void> {
    const keys = overlay.beginWrite()
    const creds = areCredsDirty ? deps.credsText() : null
    const taken = tries.take()
    areCredsDirty = false
    try {
      if (lagging.beginWrite()) await appended()
      const change = { keys, creds, ...(taken.tries.length > 0 && taken) }
      const answer = await outlasting('writing keys', () => rows.write(change, { isUrgent: mine.isUrgent }))
      if (answer === 'fenced') throw fencedOff(life)
    } catch (error) {
      taken.failed(error)
      throw error
    }
    overlay.written()
    lagging.written()
  }

  /** What was taken to be written would be lost for whoever goes on without it. */
  async function appended(): Promise<void> {
    try {
      await deps.appended()
    } catch (error) {
      life.terminate('not-taken')
      throw error
    }
  }

  async function erase(type: string): Promise<void> {
    overlay.beginErasure(type)
    if ((await outlasting('erasing keys', () => rows.eraseKeys(type))) === 'fenced') throw fencedOff(life)
    overlay.erased(type)
  }

  function atBeat(): void {
    isBeatAwaited = false
    flush(false).catch(error => error instanceof SocketEnded || deps.failed(error))
  }

  return {
    change: async writes => {
      lagging.putDurable(writes)
      // A message makes a step for each device that it goes to: those of one turn of the loop are one write.
      if (writes.length > 0) {
        await setImmediate()
        life.signal.throwIfAborted() // what was put may have been taken by a write that the end cut: nobody may take it for durable
      }
      return flush(true)
    },
    lag: unit => {
      if (!isBeatAwaited) keyWriter.atNextBeat(atBeat)
      isBeatAwaited = true
      return lagging.put(unit)
    },
    eraseAll: type => alone(true, () => erase(type)),
    beginTry: one => {
      const waiting = tries.add(one)
      return { began: () => began(waiting), forget: () => tries.forget(waiting) }
    },
    credsChanged: () => {
      areCredsDirty = true
      return flush(true)
    },
  }
}

/** `begin` answers null where there is nothing to do, by the time that it could be done. */
type Alone = (isUrgent: boolean, begin: (mine: Work) => Promise<void> | null) => Promise<void>

/** One write or erasure at a time. Whoever is urgent waits for no beat, nor for who waits for one. */
function createTurns(keyWriter: Pick<KeyWriter, 'hurry'>): Alone {
  let work: Work | null = null

  function hurry(other: Work): void {
    if (other.isUrgent) return
    other.isUrgent = true
    keyWriter.hurry()
  }

  return async (isUrgent, begin) => {
    while (work !== null) {
      if (isUrgent) hurry(work)
      await work.ended
    }
    const mine: Work = { isUrgent, ended: Promise.resolve() }
    const begun = begin(mine)
    if (begun === null) return
    work = mine
    mine.ended = begun.finally(() => {
      work = null
    })
    await mine.ended
  }
}

/** The socket goes first; answers what to reject with. */
function fencedOff(life: SocketLife): unknown {
  life.terminate('fenced')
  return life.signal.reason
}
