// What a companion writes into the app state: verified as its phone does, MAC by MAC and in the hash of all, kept by the server where it follows what
// is there, and told to the account's other companions.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { attr, bytes, child, node } from '../../connection/stanza.ts'
import type { Companion, World } from '../world.ts'
import { actOnPhone, tellOfPatch } from './app-state.ts'
import { apply, type Change, type Collection, newCollection } from './collection.ts'
import { type AppStateKey, bigEndian, hmac, macOfValue, mutationKeys, openValue } from './mutation-keys.ts'
import type { AppState } from './state.ts'

/** One thing that the app state says; `value`: SyncActionValue as plain data. */
export type StateRecord = { collection: string; index: readonly string[]; value: Readonly<Record<string, unknown>> }

/** 409 where another device was faster; what is signed wrongly is an error of the protocol, and refused with 400. */
export function takePatch(world: World, { account, id, raced }: Companion, asked: BinaryNode): BinaryNode {
  const { appState } = account
  actOnPhone(account, raced.splice(0))
  const name = attr(asked, 'name')
  const collection = appState.collections.get(name) ?? newCollection(name)
  if (Number(attr(asked, 'version')) !== collection.version) return refusal(collection, 409)
  const taken = readPatch(collection, appState.key, bytes(child(asked, 'patch')))
  if (typeof taken === 'string') {
    world.announce('protocol-error', new Error(`a patch of ${name}: ${taken}`))
    return refusal(collection, 400)
  }
  appState.collections.set(name, taken)
  tellOfPatch(
    taken,
    [...account.companions.values()].filter(other => other.id !== id),
  )
  return node('collection', { name, version: String(taken.version), type: 'result' })
}

/** All that is in it now. */
export function openRecords({ key, collections }: AppState): readonly StateRecord[] {
  return [...collections.values()].flatMap(({ name, records }) =>
    [...records.values()].map(({ value }) => {
      const { index, value: said } = proto.SyncActionData.decode(openValue(value.subarray(0, -32), mutationKeys(key).value))
      return { collection: name, index: JSON.parse(bytesIn(index).toString()), value: plain(said) }
    }),
  )
}

const plain = (said: proto.ISyncActionValue | null | undefined) =>
  proto.SyncActionValue.toObject(proto.SyncActionValue.create(said ?? {}), { longs: Number })

const refusal = ({ name, version }: Collection, code: number): BinaryNode =>
  node('collection', { name, version: String(version), type: 'error' }, [node('error', { code: String(code) })])

/** The collection with it; or what is wrong with it. */
export function readPatch(before: Collection, key: AppStateKey, bytesOfPatch: Buffer): Collection | string {
  const patch = proto.SyncdPatch.decode(bytesOfPatch)
  if (!key.id.equals(bytesIn(patch.keyId?.id))) return 'signed with a key that the phone has not shared'
  const changes = patch.mutations.map(mutation => changeIn(mutation, key))
  const wrong = changes.find(change => typeof change === 'string')
  if (wrong !== undefined) return wrong
  const right = changes.filter(change => typeof change !== 'string')
  const after: Collection = { ...before, version: before.version + 1, records: new Map(before.records) }
  for (const change of right) apply(after, change)
  const keys = mutationKeys(key)
  const place = [bigEndian(after.version), Buffer.from(after.name)]
  const snapshotMac = hmac(keys.snapshotMac, after.hash, ...place)
  if (!snapshotMac.equals(bytesIn(patch.snapshotMac))) return 'its hash is not that of what is there with it'
  const patchMac = hmac(keys.patchMac, snapshotMac, ...right.map(({ record }) => record.valueMac), ...place)
  if (!patchMac.equals(bytesIn(patch.patchMac))) return 'its MAC is wrong'
  const kept = proto.SyncdPatch.encode({ ...patch, version: { version: after.version } }).finish()
  return { ...after, patches: [...before.patches, Buffer.from(kept)] }
}

function changeIn({ operation, record }: proto.ISyncdMutation, key: AppStateKey): Change | string {
  const isRemoved = operation === proto.SyncdMutation.SyncdOperation.REMOVE
  const value = bytesIn(record?.value?.blob)
  const [sealed, valueMac] = [value.subarray(0, -32), value.subarray(-32)]
  const keys = mutationKeys(key)
  if (!macOfValue(sealed, { operation: isRemoved ? 2 : 1, keyId: key.id, key: keys.valueMac }).equals(valueMac))
    return 'the MAC of a value is wrong'
  const index = bytesIn(record?.index?.blob)
  const { index: name } = proto.SyncActionData.decode(openValue(sealed, keys.value))
  if (!hmac(keys.index, bytesIn(name)).equals(index)) return 'the MAC of an index is wrong'
  return { isRemoved, record: { index, value, valueMac } }
}

const bytesIn = (bytes: Uint8Array | null | undefined): Buffer => Buffer.from(bytes ?? [])
