// Guarantee: what the phone signs is what Baileys verifies: every MAC, and the LTHash over any course of changes.
import { decodePatches, decodeSyncdSnapshot, encodeSyncdPatch, newLTHashState, proto } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { type PhoneAction, placeAction } from './actions.ts'
import { addPatch, type Collection, newCollection, snapshotOf } from './collection.ts'
import { newAppStateKey } from './mutation-keys.ts'
import { keepAppState, readAppState } from './state.ts'
import { openRecords, readPatch } from './take-patch.ts'

const key = newAppStateKey()
const keyOf = async (id: string) =>
  id === key.id.toString('base64') ? proto.Message.AppStateSyncKeyData.create({ keyData: key.data }) : undefined

/** Baileys says of a hash that is wrong nothing but a warning. */
function collectWarnings() {
  const warnings: string[] = []
  const quiet = () => undefined
  const warn = (_fields: unknown, text?: string) => void warnings.push(text ?? '')
  const logger = { level: 'warn', trace: quiet, debug: quiet, info: quiet, error: quiet, warn, child: () => logger }
  return { warnings, logger }
}

const contact = (user: number, name: string | null): PhoneAction => ({
  kind: 'contact',
  jid: `55119000000${user}@s.whatsapp.net`,
  name,
})

/** Added, changed, removed, added again. */
function written(): Collection {
  const collection = newCollection('critical_unblock_low')
  const patch = (...actions: readonly PhoneAction[]) =>
    addPatch(
      collection,
      key,
      actions.map(action => placeAction(action).mutation),
    )
  patch(contact(11, 'Ana'), contact(12, 'Bruno'), contact(13, 'Carla'))
  patch(contact(11, 'Ana Souza'), contact(12, null))
  patch(contact(12, 'Bruno Lima'))
  return collection
}

const patchesOf = ({ patches }: Collection) => patches.map(patch => proto.SyncdPatch.decode(patch))

it('[K1] patches are verified one after another, and end in the hash that the server has', async () => {
  const collection = written()
  const { warnings, logger } = collectWarnings()
  const { state, mutationMap } = await decodePatches(
    ...([collection.name, patchesOf(collection), newLTHashState(), keyOf, {}, undefined, logger, true] as unknown as Parameters<
      typeof decodePatches
    >),
  )
  expect(warnings).toEqual([])
  expect(state).toMatchObject({ version: 3, hash: collection.hash })
  const names = Object.values(mutationMap).map(({ syncAction }) => syncAction.value?.contactAction?.fullName)
  expect(names).toEqual(['Ana Souza', 'Bruno Lima', 'Carla'])
})

it('[K1] a snapshot is verified, and has what is there now, also where the app state was kept as data in between', async () => {
  const appState = readAppState(structuredClone(keepAppState({ key, collections: new Map([['c', written()]]) })))
  const [collection] = appState.collections.values()
  if (collection === undefined) throw new Error('nothing was kept')
  const { warnings, logger } = collectWarnings()
  const snapshot = proto.SyncdSnapshot.decode(snapshotOf(collection, key))
  const { state, mutationMap } = await decodeSyncdSnapshot(
    ...([collection.name, snapshot, keyOf, undefined, true, logger] as unknown as Parameters<typeof decodeSyncdSnapshot>),
  )
  expect(warnings).toEqual([])
  expect([state.version, Object.keys(mutationMap).length]).toEqual([3, 3])
})

it('[K1] a patch that was changed on its way is refused', async () => {
  const collection = written()
  const patches = patchesOf(collection)
  const [first] = patches
  if (first?.patchMac) first.patchMac = Uint8Array.from(first.patchMac, byte => byte ^ 1)
  const { warnings, logger } = collectWarnings()
  await decodePatches(
    ...([collection.name, patches, newLTHashState(), keyOf, {}, undefined, logger, true] as unknown as Parameters<
      typeof decodePatches
    >),
  )
  expect(warnings[0]).toBe('failed to decode patch, skipping')
})

/** What Baileys signs for an empty collection. */
async function fromBaileys(): Promise<proto.ISyncdPatch> {
  const { patch } = await encodeSyncdPatch(
    {
      ...{ type: 'regular_low', index: ['archive', 'ana@lid'], apiVersion: 3, operation: 0 },
      syncAction: { archiveChatAction: { archived: true } },
    },
    key.id.toString('base64'),
    newLTHashState(),
    keyOf,
  )
  return patch
}
const read = (patch: proto.ISyncdPatch) =>
  readPatch(newCollection('regular_low'), key, Buffer.from(proto.SyncdPatch.encode(patch).finish()))

it('[K1] what Baileys signs is what the simulator verifies, and has then', async () => {
  const taken = read(await fromBaileys())
  if (typeof taken === 'string') throw new Error(taken)
  expect(openRecords({ key, collections: new Map([['regular_low', taken]]) })).toMatchObject([
    { collection: 'regular_low', index: ['archive', 'ana@lid'], value: { archiveChatAction: { archived: true } } },
  ])
})

const changed = (bytes: Uint8Array | null | undefined) => Uint8Array.from(bytes ?? [], byte => byte ^ 1)
const recordOf = (patch: proto.ISyncdPatch): proto.ISyncdRecord => patch.mutations?.[0]?.record ?? {}
const withRecord = (patch: proto.ISyncdPatch, record: proto.ISyncdRecord): proto.ISyncdPatch => ({
  ...patch,
  mutations: [{ operation: 0, record: { ...recordOf(patch), ...record } }],
})
it.each<[string, (patch: proto.ISyncdPatch) => proto.ISyncdPatch, string]>([
  ['MAC', patch => ({ ...patch, patchMac: changed(patch.patchMac) }), 'its MAC is wrong'],
  ['hash', patch => ({ ...patch, snapshotMac: changed(patch.snapshotMac) }), 'its hash is not that of what is there with it'],
  ['key', patch => ({ ...patch, keyId: { id: Buffer.from('another') } }), 'signed with a key that the phone has not shared'],
  ['value', patch => withRecord(patch, { value: { blob: changed(recordOf(patch).value?.blob) } }), 'the MAC of a value is wrong'],
  [
    'index',
    patch => withRecord(patch, { index: { blob: changed(recordOf(patch).index?.blob) } }),
    'the MAC of an index is wrong',
  ],
])('[K1] a patch of a client whose %s is wrong is refused in words', async (_, spoil, words) => {
  expect(read(spoil(await fromBaileys()))).toBe(words)
})
