// What is done about chats, for tests: an account that is open, to which Ana wrote, also in a group, and what became of each thing that was asked.
import type { Contact, Group } from '../../../simulator/accounts/accounts.ts'
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { until } from '../until.ts'
import { askToDo, over } from './commands.ts'
import { openRig, type Rig } from './rig.ts'

export type ChatsRig = {
  rig: Rig
  device: SimDevice
  ana: Contact
  group: Group
  /** As the API finds it in the read model. */
  last: { messageId: string; fromMe: boolean; senderId: string | null; at: number }
}

export async function openChatsRig(name: string, logger: Logger): Promise<ChatsRig> {
  const rig = await openRig(name, logger)
  await rig.start()
  const device = await rig.pair('first')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  const messageId = await device.send(ana, { conversation: 'hello' })
  await device.sendGroup(group, ana, { conversation: 'all' }, { id: 'G1' })
  const [said] = await rig.untilEvents('message.received', 2)
  return { rig, device, ana, group, last: { messageId, fromMe: false, senderId: null, at: said?.occurredAt ?? 0 } }
}

/** The phone shares the key of its app state, and the account has what the phone has of its chats. */
export async function shareKey({ rig, device, ana }: ChatsRig): Promise<void> {
  const chat = '120363000000000009@g.us'
  device.act(
    { kind: 'contact', jid: ana.pnJid, lid: ana.lidJid, name: 'Ana Souza' },
    { kind: 'archive', chat, on: true },
    { kind: 'mute', chat, on: true },
  )
  await device.shareAppState()
  await until('it has what the phone has', async () => {
    const names = (await rig.eventsOf('contact.updated')).map(({ name }) => name)
    return names.includes('Ana Souza') && (await rig.eventsOf('chat.updated')).some(({ muted }) => muted)
  })
}

export async function outcomeOf(chats: ChatsRig, operation: string, body: object, chatId = chats.ana.lidJid) {
  return over(chats.rig, await askToDo(chats.rig, operation, body, chatId))
}

export const change = (chats: ChatsRig, body: object, chatId = chats.ana.lidJid) => ({ chatId, last: chats.last, ...body })

/** What the app state says of an index, as the server has it. */
export const stateOf = (chats: ChatsRig, ...index: readonly string[]) =>
  chats.device.appState().find(record => record.index.join(' ') === index.join(' '))?.value

export const range = (chats: ChatsRig) => {
  const seconds = Math.floor(chats.last.at / 1000)
  const key = { remoteJid: chats.ana.lidJid, id: chats.last.messageId, fromMe: false }
  return { messages: [{ key, timestamp: seconds }] }
}

export const readsOf = (chats: ChatsRig, id: string) =>
  chats.device.settled().filter(one => one.id === id && one.how === 'receipt:read').length
