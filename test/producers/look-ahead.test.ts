// What ends the look-ahead, for one sender or for everybody, and how pairs of addresses and the sessions that move along them keep their place in it.
import { proto } from '@whiskeysockets/baileys'
import { beforeEach, expect, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import { anaLid, anaPn, appends, bare, isPending, knownPhone, sets, text } from '../ground/producers/known-phones.ts'
import { messageNode, openTakingWorld, type TakingWorld } from '../ground/producers/taking-world.ts'

const logger = collectLogLines()
let world: TakingWorld
beforeEach(() => {
  world = openTakingWorld(logger)
})

test('[B8] a part that does not decrypt is in the log before Baileys hears of it, leaves no key behind and ends the look-ahead for its sender', async () => {
  const ana = await knownPhone(world, anaLid)
  const { content } = await ana.write(text('one'))
  const broken = Buffer.from(content)
  broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1)
  const node = messageNode('A', { from: anaLid }, { type: 'msg', content: broken })
  const taken = await world.takeIn(node)
  expect(taken.end).toBe('sender')
  expect(appends(world)).toEqual(['undecryptable A/0'])
  expect(sets(world)).toEqual([])
  const handed = world.hand(node)
  expect(await isPending(handed)).toBe(true)
  world.appended()
  expect((await handed).refusal).toContain('No matching sessions')
  expect(sets(world)).toEqual([])
})

test('[B2] [B4] a phone that was installed anew ends the look-ahead for its sender; one that repeats its first message does not', async () => {
  const ana = await knownPhone(world, anaLid)
  const anew = await ana.reinstall()
  const ends = []
  for (const id of ['A', 'B']) ends.push((await world.takeIn(messageNode(id, { from: anaLid }, await anew.write(text(id))))).end)
  expect(appends(world)).toEqual(['message A/0', 'message B/0'])
  expect(ends).toEqual(['sender', 'nobody'])
})

test('[B2] [B4] what Baileys answers by writing keys ends the look-ahead: for its sender, or for everybody where it moves others', async () => {
  const endOf = async (node: ReturnType<typeof bare>) => (await world.takeIn(node)).end
  expect(await endOf(bare('receipt', { type: 'retry' }))).toBe('sender')
  expect(await endOf(bare('receipt', { type: 'read' }))).toBe('nobody')
  expect(await endOf(bare('notification', { type: 'encrypt' }))).toBe('sender')
  expect(await endOf(bare('notification', { type: 'encrypt', from: 's.whatsapp.net' }))).toBe('nobody')
  expect(await endOf(bare('notification', { type: 'mex' }))).toBe('everybody')
  const { Type } = proto.Message.ProtocolMessage
  const said = async (jid: string, type: proto.Message.ProtocolMessage.Type) => {
    const phone = await world.phone(jid)
    const node = messageNode('P', { from: jid }, await phone.write({ protocolMessage: { type } }))
    return (await world.takeIn(node)).end
  }
  expect(await said('100@lid', Type.LID_MIGRATION_MAPPING_SYNC)).toBe('everybody')
  expect(await said(anaLid, Type.LID_MIGRATION_MAPPING_SYNC)).toBe('nobody')
})

test('[B2] [B4] a pair of addresses is stored, and the session moves along it, before the message that brings it is decrypted, in one write', async () => {
  const ana = await knownPhone(world, anaPn)
  expect(world.held()).toContain('session|5511900000011.3')
  await world.keys.set({ 'device-list': { '5511900000011': ['3'] } })
  world.happened.length = 0
  const node = messageNode('A', { from: anaLid, sender_pn: '5511900000011@s.whatsapp.net' }, await ana.write(text('moved')))
  await world.takeIn(node)
  const [pair, step] = sets(world)
  expect(pair?.split(' ').toSorted()).toEqual(
    [
      'set',
      'ahead',
      'lid-mapping|200_reverse',
      'lid-mapping|5511900000011',
      'session|200_1.3',
      'session|5511900000011.3',
      'gone',
    ].toSorted(),
  )
  expect(step).toContain('session|200_1.3')
  expect(appends(world)).toEqual(['message A/0'])
  world.appended()
  expect((await world.hand(node)).text).toBe('moved')
})

test('[B2] sessions under phone numbers move with pairs that are stored together, and what comes next under the number is read', async () => {
  const pns = ['5511900000011@s.whatsapp.net', '5511900000012@s.whatsapp.net']
  const phones = []
  for (const pn of pns) phones.push(await knownPhone(world, pn))
  await world.keys.set({ 'device-list': { '5511900000011': ['0'] } }) // of the other one it was never asked for
  const pairs = [...pns, '5511900000013@s.whatsapp.net'].map((pn, at) => ({ pn, lid: `${200 + at}@lid` }))
  await world.repository.lidMapping.storeLIDPNMappings(pairs)
  expect(world.held().filter(name => name.startsWith('session|'))).toEqual(['session|200_1.0', 'session|201_1.0'])
  expect(world.held()).toContain('lid-mapping|5511900000013')
  for (const [at, phone] of phones.entries()) {
    const node = messageNode(`NEXT${at}`, { from: phone.jid }, await phone.write(text('next')))
    await world.takeIn(node)
    world.appended()
    expect((await world.hand(node)).text).toBe('next')
  }
  world.happened.length = 0
  await world.repository.lidMapping.storeLIDPNMappings(pairs)
  expect(world.happened).toEqual([])
})

test('[B2] [B4] a new pair of addresses waits for what came before of its sender; a known one asks for nothing', async () => {
  const ana = await knownPhone(world, anaPn)
  await world.keys.set({ 'device-list': { '5511900000011': ['3'] } })
  world.happened.length = 0
  const attrs = { from: anaLid, sender_pn: '5511900000011@s.whatsapp.net' }
  const before = Promise.withResolvers<void>()
  world.earlier.answer = before.promise
  const taking = world.takeIn(messageNode('A', attrs, await ana.write(text('one'))))
  expect(await isPending(taking)).toBe(true)
  expect(world.happened).toEqual([])
  before.resolve()
  await taking
  world.earlier.answer = new Promise(() => undefined)
  await world.takeIn(messageNode('B', attrs, await ana.write(text('two'))))
  expect(appends(world)).toEqual(['message A/0', 'message B/0'])
})
