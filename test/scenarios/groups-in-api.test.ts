// Guarantee: what happens on a phone besides messages (a group is made, people join and leave, a call is missed, a label is set, somebody
// is blocked) is what the API says of it.
import { expect, test } from 'vitest'
import { INSTANCE, openStage, type Stage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

type Item = Readonly<Record<string, unknown>>

test('[D1] [D4] groups, calls, labels and blocked contacts are read as they happened', async () => {
  const stage = await openStage()
  try {
    const { device, simulator } = stage
    const [ana, bea] = [
      simulator.contact({ pn: '5511900000011', name: 'Ana' }),
      simulator.contact({ pn: '5511900000012', name: 'Bea' }),
    ]
    const group = simulator.group({ subject: 'Team', members: [device.owner, ana] })
    device.changeGroup(group, ana, { kind: 'create' })
    device.changeGroup(group, ana, { kind: 'subject', subject: 'Turma' })
    device.changeGroup(group, ana, { kind: 'add', people: [bea] })
    device.changeGroup(group, ana, { kind: 'promote', people: [bea] })
    device.call({ from: ana, callId: 'CALL', step: 'offer', video: true })
    device.call({ from: ana, callId: 'CALL', step: 'terminate', reason: 'timeout' })
    device.block(ana, true)
    await device.send(ana, { conversation: 'bom dia' })
    device.act({ kind: 'label', id: '1', name: 'Pago', color: 3 }, { kind: 'giveLabel', id: '1', chat: ana.lidJid, on: true })
    await device.shareAppState()

    await until('the label to be there', async () => (await list(stage, 'labels')).some(one => one.name === 'Pago'))
    await until('the chat to have it', async () => (await list(stage, 'chats')).some(one => hasLabel(one, ana.lidJid)))
    expect(await list(stage, 'labels')).toMatchObject([
      { labelId: '1', name: 'Pago', color: 3, chats: [ana.lidJid], messages: 0 },
    ])
    expect(await list(stage, 'calls')).toMatchObject([
      { callId: 'CALL', status: 'missed', video: true, chatId: ana.lidJid, chatPn: ana.pnJid, fromMe: false },
    ])
    expect(await list(stage, 'contacts')).toContainEqual(expect.objectContaining({ contactId: ana.lidJid, blocked: true }))
    expect(await read(stage, group.id)).toMatchObject({
      ...{ groupId: group.id, subject: 'Turma', participantCount: 3, left: false },
      participants: [
        { id: ana.lidJid, pn: ana.pnJid, name: 'Ana' },
        { id: bea.lidJid, pn: bea.pnJid, role: 'admin' },
        { id: device.owner.lidJid, pn: device.owner.pnJid },
      ].toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    })

    device.changeGroup(group, bea, { kind: 'leave', people: [bea] })
    device.changeGroup(group, ana, { kind: 'remove', people: [device.owner] })
    await until('the account to have left', async () => (await read(stage, group.id)).left === true)
    expect(await list(stage, 'groups')).toMatchObject([{ groupId: group.id, participantCount: 1, left: true }])
  } finally {
    await stage.close()
  }
})

const hasLabel = (chat: Item, chatId: string) => chat.chatId === chatId && Array.isArray(chat.labels) && chat.labels.includes('1')

async function list(stage: Stage, kind: string): Promise<readonly Item[]> {
  const { status, body } = await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/${kind}`)
  expect([status, body]).toMatchObject([200, { nextCursor: null }])
  return body.data as readonly Item[]
}

async function read(stage: Stage, groupId: string): Promise<Item> {
  const { status, body } = await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/groups/${groupId}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
