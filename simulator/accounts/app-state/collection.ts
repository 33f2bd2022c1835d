// One collection of the app state as the server keeps it, and the patches and snapshots that a phone signs for it.
import { proto } from '@whiskeysockets/baileys'
import { changeHash, emptyHash } from './lt-hash.ts'
import { type AppStateKey, bigEndian, hmac, macOfValue, mutationKeys, sealValue } from './mutation-keys.ts'

export type Collection = {
  name: string
  version: number
  hash: Buffer
  /** By the MAC of their index, in base64. */
  records: Map<string, CollectionRecord>
  /** Protobuf, the one to version 1 first. */
  patches: Buffer[]
}
export type CollectionRecord = { index: Buffer; value: Buffer; valueMac: Buffer }

/** `index`: what it is about, which a later mutation of the same replaces. */
export type Mutation = {
  index: readonly string[]
  value: proto.ISyncActionValue
  version: number
  isRemoved?: boolean
}

const { SET, REMOVE } = proto.SyncdMutation.SyncdOperation

export const newCollection = (name: string): Collection => ({
  name,
  version: 0,
  hash: emptyHash(),
  records: new Map(),
  patches: [],
})

/** One patch of all of them. */
export function addPatch(collection: Collection, key: AppStateKey, mutations: readonly Mutation[]): void {
  const keys = mutationKeys(key)
  const changes = mutations.map(mutation => changeOf(mutation, key))
  for (const change of changes) apply(collection, change)
  collection.version += 1
  const place = [bigEndian(collection.version), Buffer.from(collection.name)]
  const snapshotMac = hmac(keys.snapshotMac, collection.hash, ...place)
  const patchMac = hmac(keys.patchMac, snapshotMac, ...changes.map(({ record }) => record.valueMac), ...place)
  const patch = proto.SyncdPatch.encode({
    version: { version: collection.version },
    mutations: changes.map(({ isRemoved, record }) => ({
      operation: isRemoved ? REMOVE : SET,
      record: recordOf(record, key),
    })),
    ...{ snapshotMac, patchMac, keyId: { id: key.id } },
  })
  collection.patches.push(Buffer.from(patch.finish()))
}

/** Protobuf. */
export function snapshotOf({ name, version, hash, records }: Collection, key: AppStateKey): Uint8Array {
  const mac = hmac(mutationKeys(key).snapshotMac, hash, bigEndian(version), Buffer.from(name))
  const all = [...records.values()].map(record => recordOf(record, key))
  return proto.SyncdSnapshot.encode({ version: { version }, records: all, mac, keyId: { id: key.id } }).finish()
}

export type Change = { isRemoved: boolean; record: CollectionRecord }

function changeOf({ index, value, version, isRemoved = false }: Mutation, key: AppStateKey): Change {
  const keys = mutationKeys(key)
  const name = Buffer.from(JSON.stringify(index))
  const timestamp = Date.now()
  const action = proto.SyncActionData.encode({ index: name, value: { timestamp, ...value }, padding: Buffer.of(), version })
  const sealed = sealValue(action.finish(), keys.value)
  const valueMac = macOfValue(sealed, { operation: isRemoved ? 2 : 1, keyId: key.id, key: keys.valueMac })
  return { isRemoved, record: { index: hmac(keys.index, name), value: Buffer.concat([sealed, valueMac]), valueMac } }
}

export function apply(collection: Collection, { isRemoved, record }: Change): void {
  const index = record.index.toString('base64')
  const before = collection.records.get(index)
  const removed = before === undefined ? [] : [before.valueMac]
  collection.hash = changeHash(collection.hash, { removed, added: isRemoved ? [] : [record.valueMac] })
  if (isRemoved) collection.records.delete(index)
  else collection.records.set(index, record)
}

const recordOf = ({ index, value }: CollectionRecord, { id }: AppStateKey): proto.ISyncdRecord => ({
  index: { blob: index },
  value: { blob: value },
  keyId: { id },
})
