// The rows of an instance's auth state: sealed, and written all or nothing, only while the epoch is the owner's.

import type { Database } from '../../database/database.ts'
import type { SealedColumn } from '../../database/sealed-column.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { appendedPartsType, bytesOf, eraseStanzaParts, isRemembered } from '../gate/appended-stanza-parts.ts'
import {
  credsSealedIn,
  eraseAuth,
  eraseKeys,
  type KeyChange,
  type KeyName,
  keysSealedIn,
  readAllKeys,
  readAnyCreds,
  readCreds,
  readKeys,
  readNamedKeys,
  readSetAside,
  type SealedKey,
  setAsideType,
  type Written,
} from './auth-tables.ts'
import type { KeyWriter } from './key-writer.ts'

export type KeyWrite = KeyName & { value: string | null }
export type AuthRows = {
  readCreds(): Promise<string | null>
  readKeys(type: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Keys that were set aside, by id, of these chains. */
  readSetAside(chains: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Of any types, by `type|id`. */
  readNamed(names: readonly KeyName[]): Promise<ReadonlyMap<string, string>>
  /** Whether the stanza part of this digest is remembered. */
  hasPart(digest: string): Promise<boolean>
  /** Digests by slot of the ring in which 0.1.0 remembered the last 1,024 stanza parts. */
  readRing(): Promise<ReadonlyMap<string, string>>
  /**
   * All or nothing, creds and stanza parts with the keys; keys of appendedPartsType are rows of appended_parts. `fenced`: another epoch owns
   * the instance, and nothing was written. Urgent unless said otherwise: what is not waits for the beat.
   */
  write(change: Change, how?: { isUrgent: boolean }): Promise<Written>
  /** The same condition; for what a new pairing must not find. */
  erase(): Promise<Written>
  eraseKeys(type: string): Promise<Written>
}
/** The rest of it as KeyChange has it (auth-tables.ts). */
type Change = { keys: readonly KeyWrite[]; creds: string | null } & Pick<KeyChange, 'tries' | 'begun'>
type Deps = { database: Database; sealer: Sealer; keyWriter: KeyWriter }
type Of = { instanceId: string; epoch: number }

export function openAuthRows({ database, sealer, keyWriter }: Deps, of: Of): AuthRows {
  const { instanceId, epoch } = of
  const place = (type: string, id: string) => keyPlace(instanceId, type, id)
  const seal = (text: string, context: string) => sealer.seal(Buffer.from(text), context)
  const opened = (type: string, rows: readonly SealedKey[]) =>
    new Map(rows.map(({ id, sealed }) => [id, sealer.open(sealed, place(type, id)).toString()]))

  return {
    readCreds: async () => {
      const sealed = await readCreds(database, instanceId)
      return sealed === null ? null : sealer.open(sealed, credsPlace(instanceId)).toString()
    },
    readKeys: async (type, ids) => opened(type, await readKeys(database, instanceId, { type, ids })),
    readSetAside: async chains => opened(setAsideType, await readSetAside(database, instanceId, chains)),
    readNamed: async names => {
      const rows = await readNamedKeys(database, instanceId, names)
      return new Map(rows.map(({ type, id, sealed }) => [`${type}|${id}`, sealer.open(sealed, place(type, id)).toString()]))
    },
    hasPart: digest => isRemembered(database, instanceId, digest),
    readRing: async () => {
      const slots = opened(appendedPartsType, await readAllKeys(database, instanceId, appendedPartsType))
      return new Map([...slots].map(([id, text]): [string, string] => [id, JSON.parse(text).digest]))
    },
    write: async ({ keys, creds, ...beside }, { isUrgent } = { isUrgent: true }) => {
      const set = keys.flatMap(({ type, id, value }) => (value === null ? [] : [{ type, id, value }]))
      const kept = set.filter(({ type }) => type !== appendedPartsType)
      const parts = set.filter(({ type }) => type === appendedPartsType)
      return keyWriter[isUrgent ? 'write' : 'writeSoon']({
        instanceId,
        epoch,
        gone: keys.filter(({ value }) => value === null),
        kept: kept.map(({ type, id, value }) => ({ type, id, sealed: seal(value, place(type, id)) })),
        creds: creds === null ? null : seal(creds, credsPlace(instanceId)),
        parts: parts.map(({ id }) => bytesOf(id)),
        ...beside,
      })
    },
    erase: async () => ((await eraseStanzaParts(database, of)) === 'fenced' ? 'fenced' : eraseAuth(database, of)),
    eraseKeys: type => eraseKeys(database, of, type),
  }
}

/** What a key of an instance is sealed for. */
const keyPlace = (instanceId: string, type: string, id: string) => `auth_keys|${instanceId}|${type}|${id}`
/** What the stored creds of an instance are sealed for. */
const credsPlace = (instanceId: string) => `auth_creds|${instanceId}`

/** Whoever seals these anew changes no key: an account's own writes go on, and win. */
export const sealedAuth: readonly SealedColumn[] = [
  { ...credsSealedIn, place: credsPlace },
  { ...keysSealedIn, place: keyPlace },
]

/** An instance whose stored creds this key does not open, and why; null: none was found by looking at one. */
export async function findSealedOtherwise({
  database,
  sealer,
}: Pick<Deps, 'database' | 'sealer'>): Promise<{ instanceId: string; cause: unknown } | null> {
  const stored = await readAnyCreds(database)
  if (stored === null) return null
  try {
    sealer.open(stored.sealed, credsPlace(stored.instanceId))
    return null
  } catch (cause) {
    return { instanceId: stored.instanceId, cause }
  }
}
