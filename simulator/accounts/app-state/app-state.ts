// The app state of an account: its phone writes it, the server keeps it, and companions that the phone has shared its key with read it.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { attr, node, secondsNow, server } from '../../connection/stanza.ts'
import { encryptMedia } from '../../media/encrypt-media.ts'
import { deliver } from '../deliver.ts'
import { newMessageId, sendPeer } from '../send-message.ts'
import type { Account, Companion, World } from '../world.ts'
import { type PhoneAction, placeAction } from './actions.ts'
import { addPatch, type Collection, newCollection, snapshotOf } from './collection.ts'
import type { AppStateKey } from './mutation-keys.ts'

/** One patch for each collection; every companion that is linked is told that there is something new. */
export function actOnPhone({ appState, companions }: Account, actions: readonly PhoneAction[]): void {
  const { key, collections } = appState
  const byCollection = Map.groupBy(actions.map(placeAction), placed => placed.collection)
  for (const [name, placed] of byCollection) {
    const collection = collections.get(name) ?? newCollection(name)
    collections.set(name, collection)
    addPatch(
      collection,
      key,
      placed.map(({ mutation }) => mutation),
    )
    tellOfPatch(collection, [...companions.values()])
  }
}

export function tellOfPatch(collection: Collection, companions: readonly Companion[]): void {
  for (const companion of companions) deliver(companion, syncNotification(collection))
}

function syncNotification({ name, version }: Collection): BinaryNode {
  const attrs = { id: newMessageId(), from: server, type: 'server_sync', t: secondsNow() }
  return node('notification', attrs, [node('collection', { name, version: String(version) })])
}

/** As the phone does soon after a link: until then a companion reads nothing of it. Resolves with the message's id. */
export function shareAppState(companion: Companion): Promise<string> {
  const { id, data, timestampMs } = companion.account.appState.key
  companion.appStateKey = 'shared'
  const keyData = { keyData: data, fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] }, timestamp: timestampMs }
  const type = proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE
  return sendPeer(companion, { protocolMessage: { type, appStateSyncKeyShare: { keys: [{ keyId: { keyId: id }, keyData }] } } })
}

const maxPatches = 50

/** What a companion lacks of a collection: a snapshot, where it asks for one and there is anything, otherwise patches. */
export function answerCollection(world: World, { appState }: Account, asked: BinaryNode): BinaryNode {
  const [name, version] = [attr(asked, 'name'), Number(asked.attrs.version ?? 0)]
  const collection = appState.collections.get(name)
  const attrs = { name, version: String(version), type: 'result' }
  if (collection === undefined || collection.version <= version) return node('collection', attrs)
  if (asked.attrs.return_snapshot === 'true') return node('collection', attrs, [snapshotNode(world, collection, appState.key)])
  const patches = collection.patches.slice(version, version + maxPatches)
  const more = version + patches.length < collection.version ? { has_more_patches: 'true' } : {}
  const parts = patches.map(patch => node('patch', {}, patch))
  return node('collection', { ...attrs, ...more }, [node('patches', {}, parts)])
}

function snapshotNode({ cdn }: World, collection: Collection, key: AppStateKey): BinaryNode {
  const { bytes, mediaKey, fileSha256, fileEncSha256, sizeBytes } = encryptMedia(snapshotOf(collection, key), 'md-app-state')
  const reference = { directPath: cdn.put(bytes), mediaKey, fileSha256, fileEncSha256, fileSizeBytes: sizeBytes }
  return node('snapshot', {}, Buffer.from(proto.ExternalBlobReference.encode(reference).finish()))
}
