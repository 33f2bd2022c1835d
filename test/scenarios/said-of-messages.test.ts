// Guarantee: what people and the account do with messages and chats on their phones is what the API says of them.
import { expect, test } from 'vitest'
import { pin, text } from '../../simulator/accounts/content.ts'
import { eventAnswer, poll, vote } from '../../simulator/accounts/seal-content.ts'
import { INSTANCE, openStage, type Stage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

type Answer = Record<string, unknown>

async function list({ zaplog }: Stage, path: string): Promise<readonly Answer[]> {
  const { status, body } = await zaplog().call('GET', `/v1/instances/${INSTANCE}/${path}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body.data as Answer[]
}
const idsOf = (messages: readonly Answer[]) => messages.map(one => one.messageId)

test('[B9] [D1] [D4] a poll is voted in, a message pinned and starred, an event answered, a chat archived: GET says so', async () => {
  const stage = await openStage()
  try {
    const { device, simulator } = stage
    const read = async (id: string): Promise<Answer> =>
      (await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/messages/${id}`)).body
    const [ana, bea] = [10, 11].map(n => simulator.contact({ pn: `55119000000${n}` }))
    if (ana === undefined || bea === undefined) throw new Error('expected two contacts')
    const group = simulator.group({ subject: 'Team', members: [device.owner, ana, bea] })

    const question = await device.sendGroup(group, ana, poll('Lunch?', ['soup', 'salad', 'rice']))
    const target = { messageId: question, author: ana, group }
    const of = (second: number) => ({ timestampMs: Date.UTC(2026, 0, 5, 12, 0, second) })
    await device.sendGroup(group, ana, vote(ana, ['soup'], target), of(1))
    await device.sendGroup(group, bea, vote(bea, ['soup'], target), of(2))
    await device.sendGroup(group, ana, vote(ana, ['rice'], target), of(3))
    await until('both have voted', async () => JSON.stringify(await read(question)).includes('"options":["rice"]'))
    expect(await read(question)).toMatchObject({
      votes: [
        { senderId: bea.lidJid, options: ['soup'], unknownHashes: [] },
        { senderId: ana.lidJid, options: ['rice'], unknownHashes: [] },
      ],
      results: [
        { option: 'soup', votes: 1 },
        { option: 'salad', votes: 0 },
        { option: 'rice', votes: 1 },
      ],
    })

    const party = await device.sendGroup(group, ana, { eventMessage: { name: 'Party' } })
    await device.sendGroup(group, bea, eventAnswer(bea, 'going', { ...target, messageId: party }), { id: 'ANSWER' })
    await until('the answer is there', async () => ((await read(party)).answers as Answer[] | undefined)?.length === 1)
    expect((await read(party)).answers).toMatchObject([{ senderId: bea.lidJid, answer: 'going', extraGuests: null }])
    expect(idsOf(await list(stage, `messages?parentMessageId=${party}`))).toEqual(['ANSWER'])

    const recipe = await device.send(bea, text('a recipe'))
    await device.send(bea, pin(bea, true, { messageId: recipe, author: bea }))
    await device.shareAppState()
    device.act(
      { kind: 'star', chat: bea.lidJid, messageId: recipe, fromMe: false, on: true },
      { kind: 'archive', chat: group.id, on: true },
    )
    await until('it is pinned', async () => (await read(recipe)).pinned === true)
    await until('it is starred', async () => (await read(recipe)).starred === true)
    expect(idsOf(await list(stage, 'messages?starred=true'))).toEqual([recipe])
    expect(idsOf(await list(stage, `messages?pinned=true&chatId=${bea.pn}`))).toEqual([recipe])
    await until('the chat is archived', async () => (await list(stage, 'chats?archived=true')).length === 1)
    expect(await list(stage, 'chats?archived=true')).toMatchObject([{ chatId: group.id, archived: true, pinned: false }])
    expect((await list(stage, 'chats?archived=false')).map(one => one.chatId)).toEqual([bea.lidJid])
  } finally {
    await stage.close()
  }
})
