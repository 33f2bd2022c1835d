// An instance's Baileys auth state in Postgres: one statement per key transaction, creds never behind keys, and neither get nor set
// rejects, or answers "absent" for a failure, while the socket lives: Baileys would turn that into retry receipts and a NACK.
import {
  type AuthenticationCreds,
  type AuthenticationState,
  BufferJSON,
  initAuthCreds,
  type KeyPair,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys'
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { SealError, type Sealer } from '../../runtime/seal.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import { appendedPartsType } from '../gate/appended-stanza-parts.ts'
import type { KeyName } from '../socket/keys-ahead.ts'
import { type SocketLife, whilePending } from '../socket/socket-life.ts'
import { type KeyWrite, openAuthRows } from './auth-rows.ts'
import type { WriteKeys } from './key-writer.ts'
import { createLru } from './lru.ts'

export type AuthState = AuthenticationState & {
  /** Whether a part was remembered, by a write of its digest under appendedPartsType; over every pairing of the instance that still stands. */
  hasPart(digest: string): Promise<boolean>
  /** Reads what will be asked for soon, in one statement. What could not be read ahead is read when it is asked for. */
  readAhead(names: readonly KeyName[]): Promise<void>
  /** One that was read ahead; null: it is not in memory. */
  keptPreKey(id: number): KeyPair | null
  /** For what has to be fetched anew: once it resolves, nothing that was set or read before is found again. */
  eraseAll(type: string): Promise<void>
  /** Baileys changed the creds: they are written soon, and not later than the next keys. */
  credsChanged(): void
  /** Resolves once the creds as they are now are durable. */
  saveCreds(): Promise<void>
}
type Deps = {
  database: Database
  sealer: Sealer
  writeKeys: WriteKeys
  life: SocketLife
  instanceId: string
  epoch: number
  /** How long a read or write may be pending before the socket is given up. */
  timeoutMs: number
  random: () => number
  logger: Logger
}

/** Cached values and absences of one instance. */
const maxCached = 512
/** Used once each: not worth a place in the cache, but for a pre-key that was read ahead. */
const uncached: ReadonlySet<string> = new Set(['pre-key', appendedPartsType])

/** Longer than a message takes from its pair to its own keys. */
const soonMs = 200

/** Far below what a read may take that somebody waits for. */
const aheadPatienceMs = 1_000

/** Rejects with SealError where the encryption key is another one; erases nothing. */
export async function openAuthState(deps: Deps): Promise<AuthState> {
  const { life, instanceId, epoch, logger } = deps
  const rows = openAuthRows(deps, { instanceId, epoch })
  const stored = await persistently('reading creds', rows.readCreds)
  const creds: AuthenticationCreds = stored === null ? initAuthCreds() : JSON.parse(stored, BufferJSON.reviver)
  /** JSON text, so that nobody shares an object; null: known to be absent. */
  const cache = createLru<string | null>(maxCached)
  let pending = new Map<string, KeyWrite>()
  let inFlight: ReadonlyMap<string, KeyWrite> = pending
  /** Places being read ahead, each by its newest read; one that a write is about to change is on nobody's list any more. */
  const ahead = new Map<string, symbol>()
  let areCredsDirty = stored === null
  let writing: Promise<void> | null = null
  let writes = 0
  await adoptRing()

  const keys: SignalKeyStore = {
    get: async (type, ids) => {
      const found: { [id: string]: SignalDataTypeMap[typeof type] } = {}
      for (const [id, text] of await read(type, ids)) found[id] = revive(type, text)
      return found
    },
    set: async data => (isPairsAlone(data) ? writeSoon(writesOf(data)) : change(writesOf(data))),
  }

  async function read(type: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    const missing: string[] = []
    for (const id of ids) {
      const cached = known(`${type}|${id}`)
      if (cached === undefined) missing.push(id)
      else if (cached !== null) found.set(id, cached)
    }
    if (missing.length === 0) return found
    const writesBefore = writes
    const fetched = await persistently('reading keys', () => rows.readKeys(type, missing))
    for (const id of missing) {
      const text = fetched.get(id)
      if (text !== undefined) found.set(id, text)
      // A write that went on meanwhile knows better than this read.
      if (!uncached.has(type) && writes === writesBefore && writing === null) cache.set(`${type}|${id}`, text ?? null)
    }
    return found
  }

  /** What was written counts before it is durable: it is committed before whatever is made of it. undefined: not known. */
  function known(place: string): string | null | undefined {
    const write = pending.get(place) ?? inFlight.get(place)
    return write === undefined ? cache.get(place) : write.value
  }

  async function readAhead(names: readonly KeyName[]): Promise<void> {
    const wanted = names
      .map(({ type, id }) => ({ type, id, place: `${type}|${id}` }))
      .filter(({ place }) => known(place) === undefined && !ahead.has(place))
    if (wanted.length === 0 || life.signal.aborted) return
    const reading = Symbol('reading')
    for (const { place } of wanted) ahead.set(place, reading)
    // What is given up here is read again by whoever asks for it, with everything that then has to be said.
    const patience = AbortSignal.any([life.signal, AbortSignal.timeout(aheadPatienceMs)])
    const found = await orAbort(rows.readNamed(wanted), () => patience.reason, patience).catch(() => null)
    for (const { place } of wanted) {
      if (ahead.get(place) !== reading) continue
      ahead.delete(place)
      if (found !== null) cache.set(place, found.get(place) ?? null)
    }
  }

  /** What 0.1.0 remembered of parts: sealed rows, which only this process can open, become rows of the table in one statement. */
  async function adoptRing(): Promise<void> {
    const ring = await persistently('reading the ring of parts', rows.readRing)
    if (ring.size > 0) await change([...ring].flatMap(([id, digest]) => [forgetSlot(id), rememberPart(digest)]))
  }

  function addPending(keyWrites: readonly KeyWrite[]): void {
    for (const write of keyWrites) {
      pending.set(`${write.type}|${write.id}`, write)
      ahead.delete(`${write.type}|${write.id}`)
    }
  }

  /** With the next write of this account, else after a while: a commit of its own would cost each new contact a second one. */
  function writeSoon(keyWrites: readonly KeyWrite[]): void {
    addPending(keyWrites)
    const stillWaits = () => keyWrites.some(write => pending.get(`${write.type}|${write.id}`) === write)
    wait(soonMs, life.signal)
      .then(async reached => {
        if (reached && stillWaits()) await change([])
      })
      .catch(error => logger.warn('auth.pairs-not-saved', { instanceId, epoch, error }))
  }

  /** Resolves once these writes, what waits for one, and the creds if they changed, are durable. One statement at a time; what waits goes together. */
  async function change(keyWrites: readonly KeyWrite[]): Promise<void> {
    addPending(keyWrites)
    while (writing !== null) await writing
    if (pending.size === 0 && !areCredsDirty) return
    writing = flush()
    await writing.finally(() => {
      writing = null
    })
  }

  async function flush(): Promise<void> {
    const batch = pending
    inFlight = batch
    pending = new Map()
    const savedCreds = areCredsDirty ? JSON.stringify(creds, BufferJSON.replacer) : null
    areCredsDirty = false
    const answer = await persistently('writing keys', () => rows.write({ keys: [...batch.values()], creds: savedCreds }))
    if (answer === 'fenced') throw fenced()
    writes += 1
    inFlight = new Map()
    for (const [place, { type, value }] of batch)
      if (!uncached.has(type) || cache.get(place) !== undefined) cache.set(place, value)
  }

  /** In its turn among the writes. What is set while it goes on is newer, and stays. */
  async function eraseAll(type: string): Promise<void> {
    while (writing !== null) await writing
    for (const [place, write] of pending) if (write.type === type) pending.delete(place)
    writing = erase(type)
    await writing.finally(() => {
      writing = null
    })
  }

  async function erase(type: string): Promise<void> {
    if ((await persistently('erasing keys', () => rows.eraseKeys(type))) === 'fenced') throw fenced()
    // Also for reads that are on their way: what they found is not there any more.
    writes += 1
    const isGone = (place: string) => place.startsWith(`${type}|`)
    cache.deleteWhere(isGone)
    for (const place of ahead.keys()) if (isGone(place)) ahead.delete(place)
  }

  function fenced(): unknown {
    life.terminate('fenced')
    return life.signal.reason
  }

  /**
   * Until it succeeds or the socket has ended; a write that is repeated after an unknown end writes the same again. Nothing begins after
   * that end: what Baileys made of a read that was given up (no session, no sender key) must not become the truth.
   */
  function persistently<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return whilePending(life, deps.timeoutMs, async () => {
      for (let attempt = 1; ; attempt++) {
        if (life.signal.aborted) throw life.signal.reason
        try {
          return await orAbort(work(), () => life.signal.reason, life.signal)
        } catch (error) {
          if (life.signal.aborted) throw life.signal.reason
          if (error instanceof SealError) {
            life.terminate('sealed')
            throw error
          }
          life.failing(error)
          const delayMs = backoffMs({ attempt, baseMs: 50, capMs: 2_000, jitter: 0.2, random: deps.random() })
          logger.warn('auth.retrying', { instanceId, epoch, doing, attempt, delayMs, error })
          await wait(delayMs, life.signal)
        }
      }
    })
  }

  return {
    creds,
    keys,
    readAhead,
    keptPreKey: id => {
      const text = known(`pre-key|${id}`) ?? null
      return text === null ? null : revive('pre-key', text)
    },
    hasPart: digest => persistently('reading parts', () => rows.hasPart(digest)),
    eraseAll,
    credsChanged: () => {
      areCredsDirty = true
      change([]).catch(error => logger.warn('auth.creds-not-saved', { instanceId, epoch, error }))
    },
    saveCreds: () => {
      areCredsDirty = true
      return change([])
    },
  }
}

/**
 * Pairs of LID and phone number, which Baileys stores before it decrypts the message that brought them (lib/Socket/messages-recv.js). That
 * message is acknowledged after its own keys, and comes again where these were never written; a session that moves along a pair is a write.
 */
const isPairsAlone = (data: SignalDataSet): boolean => Object.keys(data).every(type => type === 'lid-mapping')

const forgetSlot = (id: string): KeyWrite => ({ type: appendedPartsType, id, value: null })
const rememberPart = (digest: string): KeyWrite => ({ type: appendedPartsType, id: digest, value: 'true' })

function writesOf(data: SignalDataSet): readonly KeyWrite[] {
  return Object.entries(data).flatMap(([type, values]) =>
    Object.entries(values).map(([id, value]) => ({
      type,
      id,
      value: value === null || value === undefined ? null : JSON.stringify(value, BufferJSON.replacer),
    })),
  )
}

function revive<Type extends keyof SignalDataTypeMap>(type: Type, text: string): SignalDataTypeMap[Type] {
  const value = JSON.parse(text, BufferJSON.reviver)
  return type === 'app-state-sync-key' ? (proto.Message.AppStateSyncKeyData.fromObject(value) as unknown as typeof value) : value
}
