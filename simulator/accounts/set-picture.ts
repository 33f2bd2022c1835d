// Profile pictures: not encrypted, on the CDN under a new path each time, every companion notified of the change.
import { randomBytes } from 'node:crypto'
import { node, secondsNow } from '../connection/stanza.ts'
import type { Contact, Group } from './accounts.ts'
import { deliver } from './deliver.ts'
import type { World } from './world.ts'

export const pictureHost = 'pps.whatsapp.net'

export const pictureId = (): string => String(randomBytes(4).readUInt32BE())

export function setPicture(world: World, of: Contact | Group, bytes: Uint8Array | null): void {
  const jid = 'members' in of ? of.id : of.lidJid
  const id = pictureId()
  world.accounts.setPicture(jid, bytes === null ? null : { id, path: world.cdn.put(bytes) })
  const change = bytes === null ? node('delete', { jid }) : node('set', { jid, id })
  for (const companion of world.accounts.companions()) {
    if (companion.isRemoved) continue
    const notificationId = randomBytes(8).toString('hex').toUpperCase()
    deliver(companion, node('notification', { id: notificationId, type: 'picture', from: jid, t: secondsNow() }, [change]))
  }
}
