// One change of what the account's devices have in common (chats, stars, labels), given to WhatsApp as a patch of its app state, and read back as any
// other device's change is, so that it is told by the same events. Baileys' own appPatch takes silence and a conflict for success
// (lib/Socket/chats.js), and would go on from a state that the server does not have.
import {
  type BinaryNode,
  encodeSyncdPatch,
  getBinaryNodeChild,
  newLTHashState,
  proto,
  type WAPatchCreate,
} from '@whiskeysockets/baileys'
import type { Acting } from '../socket/acting.ts'
import { ask } from './ask.ts'
import { ActionRefused } from './refusal.ts'

/** Of another device that was faster: each takes its change in, and tries again on top of it. */
const mostConflicts = 5

export const hasKey = ({ authState }: Acting): boolean => Boolean(authState.creds.myAppStateKeyId)

/** Throws ActionRefused `app-state-key-missing` until the phone has shared its key. */
export function demandKey(acting: Acting): void {
  if (hasKey(acting)) return
  throw new ActionRefused(
    'The phone has not shared the key of its settings with this device yet, which it does soon after the link.',
    {
      reason: 'app-state-key-missing',
    },
  )
}

/** Resolves once WhatsApp has it and it is read back. Rejects as `demandKey` throws, and with WhatsApp's code as `data` where it refuses. */
export async function patchAppState(acting: Acting, change: WAPatchCreate): Promise<void> {
  demandKey(acting)
  await acting.appStatePatchMutex.mutex(async () => {
    for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
      await acting.resyncAppState([change.type], false)
      if ((await give(acting, change)) === 'taken') return acting.resyncAppState([change.type], false)
    }
    throw new ActionRefused(`Another device of the account was faster, ${mostConflicts} times.`, { code: '409', passes: true })
  })
}

/** conflict: the server has a newer state than this device had. */
async function give(acting: Acting, change: WAPatchCreate): Promise<'taken' | 'conflict'> {
  const { keys, creds } = acting.authState
  const { [change.type]: known } = await keys.get('app-state-sync-version', [change.type])
  const before = known ?? newLTHashState()
  const keyOf = async (id: string) => (await keys.get('app-state-sync-key', [id]))[id]
  const { patch } = await encodeSyncdPatch(change, creds.myAppStateKeyId ?? '', before, keyOf)
  const answer = await ask(acting, patchIq(change.type, before.version, proto.SyncdPatch.encode(patch).finish()))
  const collection = getBinaryNodeChild(getBinaryNodeChild(answer, 'sync'), 'collection')
  if (collection?.attrs.type !== 'error') return 'taken'
  const code = Number(getBinaryNodeChild(collection, 'error')?.attrs.code ?? 500)
  if (code === 409) return 'conflict'
  throw Object.assign(new Error(`changing the app state: WhatsApp refused with ${code}`), { data: code })
}

function patchIq(name: string, version: number, patch: Uint8Array): BinaryNode {
  const attrs = { name, version: String(version), return_snapshot: 'false' }
  const collection = { tag: 'collection', attrs, content: [{ tag: 'patch', attrs: {}, content: patch }] }
  return {
    tag: 'iq',
    attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'w:sync:app:state' },
    content: [{ tag: 'sync', attrs: {}, content: [collection] }],
  }
}
