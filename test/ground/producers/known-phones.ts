// Who writes to a taking world: phones of one contact under both addresses, and what it appended and set of what they write.
import type { proto } from '@whiskeysockets/baileys'
import { messageNode, type Phone, type TakingWorld } from './taking-world.ts'

export const anaLid = '200:3@lid'

export const anaPn = '5511900000011:3@s.whatsapp.net'

export const group = '1203@g.us'

export const text = (conversation: string): proto.IMessage => ({ conversation })

export const bare = (type: string, attrs: Record<string, string> = {}) => ({
  tag: type,
  attrs: { id: type, from: anaLid, ...attrs },
})

/** A contact who wrote before and was read: what it writes now is of a session that stands. */
export async function knownPhone(world: TakingWorld, jid: string, attrs: Record<string, string> = {}): Promise<Phone> {
  const phone = await world.phone(jid)
  await world.takeIn(messageNode('HELLO', { from: jid, ...attrs }, await phone.write(text('hello'))))
  await phone.read(await world.repository.encryptMessage({ jid, data: Buffer.from('hello to you') }))
  world.happened.length = 0
  return phone
}

export const isPending = async (promise: Promise<unknown>) => {
  const pending = Symbol('pending')
  await new Promise(resolve => setImmediate(resolve))
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending
}

export const appends = (world: TakingWorld) =>
  world.happened.filter(one => one.startsWith('append ')).map(one => one.slice('append '.length))

export const sets = (world: TakingWorld) => world.happened.filter(one => one.startsWith('set '))
