// Starts a process of ours on what Postgres and the log have, and logs it in.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { type Ground, type OwnDevice, openOwnDevice } from './own-device.ts'
import type { Power } from './power.ts'
import type { World } from './world.ts'

const enoughPreKeys = 10

/** Rejects where its power is cut on its way up. `opened`: it may live already. */
export async function bootDevice(
  ground: Ground,
  of: { instanceId: string; world: World; power: Power; opened?: (device: OwnDevice) => void },
): Promise<OwnDevice> {
  const { instanceId, world, power } = of
  const { whatsapp } = world
  const client = { receive: (node: BinaryNode) => device.receive(node) }
  const device = await openOwnDevice(ground, {
    ...{ instanceId, me: world.me, power },
    say: node => whatsapp.say(client, node),
    bundleOf: async jid => {
      power.instant()
      return world.bundleOf(jid)
    },
    sentBefore: id => world.sent.get(id) ?? null,
  })
  of.opened?.(device)
  whatsapp.login(client)
  if (world.preKeysLeft() < enoughPreKeys) await device.uploadPreKeys(3 * enoughPreKeys)
  return device
}
