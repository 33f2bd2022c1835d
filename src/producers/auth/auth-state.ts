// An instance's Baileys auth state in Postgres: what is set is durable when `set` returns, but for steps of ratchets that are set ahead, which lag
// behind the log; creds are never behind keys, and neither get nor set rejects, or answers "absent" for a failure, while the socket lives:
// Baileys would turn that into retry receipts and a NACK.
import {
  type AuthenticationCreds,
  type AuthenticationState,
  BufferJSON,
  initAuthCreds,
  type SignalDataSet,
  type SignalDataTypeMap,
} from '@whiskeysockets/baileys'
import type { Database } from '../../database/database.ts'
import type { MessageTry } from '../../instances/command-tries.ts'
import type { Logger } from '../../runtime/logger.ts'
import { SealError, type Sealer } from '../../runtime/seal.ts'
import { appendedPartsType } from '../gate/appended-stanza-parts.ts'
import { outlast } from '../outlast.ts'
import { type SocketLife, whilePending } from '../socket-life.ts'
import { createAhead } from './ahead.ts'
import { type KeyWrite, openAuthRows } from './auth-rows.ts'
import { type KeyName, setAsideType } from './auth-tables.ts'
import { forgetCode } from './forget-code.ts'
import { createKeyOverlay } from './key-overlay.ts'
import { type Outlasting, type Reads, readAhead, readKeys } from './key-reads.ts'
import { revive, setKeysOf } from './key-values.ts'
import type { KeyWriter } from './key-writer.ts'
import { type BeginningTry, type KeyWrites, openKeyWrites } from './key-writes.ts'
import { createSetAside } from './set-aside.ts'

export type AuthState = AuthenticationState & {
  /**
   * Runs `work`, whose writes count at once (keys.get sees them) and become durable later: together with what they were computed from, and
   * never before what was appended until then. `kept` resolves once what of them may not lag is durable, at once where all of it may; it
   * rejects only with the socket's end, and nobody has to listen to it. Where `work` rejects, so does this, once the same is durable.
   */
  ahead<T>(work: () => Promise<T>): Promise<{ result: T; kept: Promise<void> }>
  /** Resolves once everything that was set until now is durable; costs nothing where it is already. */
  flush(): Promise<void>
  /**
   * For a message that does not decrypt, inside of `ahead`: message keys that the ratchets which were read there skipped after a crash, as keys to
   * be set in its transaction before it is tried once more. null: there are none.
   */
  bringBack(): Promise<SignalDataSet | null>
  /** Whether a stanza part was remembered, by a write of its digest under appendedPartsType; over every pairing of the instance that still stands. */
  hasPart(digest: string): Promise<boolean>
  /** Reads what will be asked for soon, in one statement. What could not be read ahead is read when it is asked for. */
  readAhead(names: readonly KeyName[]): Promise<void>
  /** For what has to be fetched anew: once it resolves, nothing that was set or read before is found again. */
  eraseAll(type: string): Promise<void>
  /**
   * A message is about to be encrypted: that it is tried becomes durable with the next keys, in one statement, or by itself as soon as somebody asks
   * whether it began.
   */
  beginTry(one: MessageTry): BeginningTry
  /** Baileys changed the creds: they are written soon, and not later than the next keys. */
  credsChanged(): void
  /** Resolves once the creds as they are now, and everything that was set before, are durable. */
  saveCreds(): Promise<void>
}
type Deps = {
  database: Database
  sealer: Sealer
  keyWriter: KeyWriter
  /** Resolves once everything that was appended for the instance until now is durable; rejects only with the socket's end. */
  appended(): Promise<void>
  life: SocketLife
  instanceId: string
  epoch: number
  /** Epoch milliseconds, where the epoch before was not left in peace; unset: it was. */
  crashFoundAt?: number
  /** How long a read or write may be pending before the socket is given up. */
  timeoutMs: number
  random: () => number
  logger: Logger
}

/** Used once each: not worth a place in memory, but for a pre-key that was read ahead. */
const uncached: ReadonlySet<string> = new Set(['pre-key', appendedPartsType, setAsideType])

/** Rejects with SealError where the encryption key is another one; erases nothing. */
export async function openAuthState(deps: Deps): Promise<AuthState> {
  const { life, instanceId, epoch, logger } = deps
  const rows = openAuthRows(deps, { instanceId, epoch })
  const outlasting = outlastingIn(deps)
  const stored = await outlasting('reading creds', rows.readCreds)
  const creds: AuthenticationCreds = stored === null ? initAuthCreds() : JSON.parse(stored, BufferJSON.reviver)
  forgetCode(creds)
  const overlay = createKeyOverlay(uncached)
  const setAside = createSetAside({ rows, outlasting, overlay, epoch, crashFoundAt: deps.crashFoundAt ?? null })
  const writes = openKeyWrites({
    ...deps,
    rows,
    overlay,
    setAside,
    outlasting,
    credsText: () => JSON.stringify(creds, BufferJSON.replacer),
    areCredsNew: stored === null,
    failed: error => logger.warn('auth.steps-not-saved', { instanceId, epoch, error }),
  })
  const ahead = createAhead(writes)
  const reads = { rows, overlay, outlasting }
  await adoptRing(reads, writes)

  return {
    creds,
    keys: {
      get: async (type, ids) => {
        if (isRatchet(type)) ahead.noteRead(ids.map(id => ({ type, id })))
        const found: { [id: string]: SignalDataTypeMap[typeof type] } = {}
        for (const [id, text] of await readKeys(reads, type, ids)) found[id] = revive(type, text)
        return found
      },
      set: data => ahead.set(setKeysOf(data)),
    },
    readAhead: names => readAhead(reads, names, life.signal),
    ahead: ahead.ahead,
    flush: ahead.flush,
    bringBack: async () => {
      const ratchets = ahead.read()
      if (ratchets.length === 0) return null
      await writes.change([]) // what was set aside just now is a row
      return setAside.bringBack(ratchets)
    },
    hasPart: async digest =>
      overlay.known({ type: appendedPartsType, id: digest }) !== undefined ||
      outlasting('reading stanza parts', () => rows.hasPart(digest)),
    eraseAll: writes.eraseAll,
    beginTry: writes.beginTry,
    credsChanged: () =>
      void writes.credsChanged().catch(error => logger.warn('auth.creds-not-saved', { instanceId, epoch, error })),
    saveCreds: writes.credsChanged,
  }
}

/** What Baileys made of a read that was given up (no session, no sender key) must not become the truth: nothing begins after the socket's end. */
function outlastingIn({ life, instanceId, epoch, timeoutMs, random, logger }: Deps): Outlasting {
  const line = { event: 'auth.retrying', instanceId, epoch }
  const isForGood = (error: unknown) => error instanceof SealError
  return async (doing, work) => {
    try {
      return await whilePending(life, timeoutMs, () => outlast(doing, work, { life, isForGood, line, random, logger }))
    } catch (error) {
      if (isForGood(error)) life.terminate('sealed')
      throw error
    }
  }
}

/** What 0.1.0 remembered of stanza parts: sealed rows, which only this process can open, become rows of the table in one statement. */
async function adoptRing({ rows, outlasting }: Reads, { change }: KeyWrites): Promise<void> {
  const ring = await outlasting('reading the ring of stanza parts', rows.readRing)
  if (ring.size > 0) await change([...ring].flatMap(([id, digest]) => [forgetSlot(id), rememberPart(digest)]))
}

const isRatchet = (type: string): boolean => type === 'session' || type === 'sender-key'

const forgetSlot = (id: string): KeyWrite => ({ type: appendedPartsType, id, value: null })
const rememberPart = (digest: string): KeyWrite => ({ type: appendedPartsType, id: digest, value: 'true' })
