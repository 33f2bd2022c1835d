// What is decrypted ahead of Baileys: in its order, under its locks, remembered with its step; and what Baileys is told of it afterwards.
import { beforeEach, expect, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import { anaLid, anaPn, appends, bare, group, isPending, knownPhone, sets, text } from '../ground/producers/known-phones.ts'
import { me, messageNode, openTakingWorld, type TakingWorld } from '../ground/producers/taking-world.ts'

const logger = collectLogLines()
let world: TakingWorld
beforeEach(() => {
  world = openTakingWorld(logger)
})

test('[B2] [B4] messages are decrypted and their appends begun in arrival order, while nothing is durable, beside every other class', async () => {
  const ana = await knownPhone(world, anaLid)
  const nodes = [
    messageNode('A', { from: anaLid }, await ana.write(text('one'))),
    bare('receipt'),
    messageNode('B', { from: anaLid }, await ana.write(text('two'))),
    bare('call'),
    bare('notification'),
    messageNode('C', { from: anaLid }, await ana.write(text('three'))),
  ]
  const taken = []
  for (const node of nodes) taken.push(await world.takeIn(node))
  expect(appends(world)).toEqual([
    'message A/0',
    'receipt receipt',
    'message B/0',
    'call call',
    'notification notification',
    'message C/0',
  ])
  for (const { durable } of taken) expect(await isPending(durable)).toBe(true)
  world.appended()
  await Promise.all(taken.map(({ durable }) => durable))
  world.happened.length = 0
  expect((await world.hand(nodes[5] ?? bare('none'))).text).toBe('three')
  expect((await world.hand(nodes[0] ?? bare('none'))).text).toBe('one')
  expect(world.happened).toEqual([])
})

test('[B2] Baileys is answered with what was made ahead no sooner than it is durable', async () => {
  const ana = await knownPhone(world, anaLid)
  const node = messageNode('A', { from: anaLid }, await ana.write(text('one')))
  await world.takeIn(node)
  const handed = world.hand(node)
  expect(await isPending(handed)).toBe(true)
  world.appended()
  expect(await handed).toEqual({ text: 'one', refusal: null })
})

test('[B3] the memory of a part is set with its step, in one write, and known before that is durable', async () => {
  const ana = await knownPhone(world, anaLid)
  const part = await ana.write(text('one'))
  await world.takeIn(messageNode('A', { from: anaLid }, part))
  expect(sets(world)).toHaveLength(1)
  expect(sets(world)[0]).toMatch(/^set ahead (?=.*session\|200_1\.3)(?=.*zaplog-appended-part\|)/)
  const again = messageNode('A', { from: anaLid }, { ...part, content: Buffer.from(part.content) })
  world.untold.forget()
  const { end } = await world.takeIn(again)
  expect(appends(world)).toEqual(['message A/0'])
  expect(end).toBe('nobody')
  expect(await world.hand(again)).toEqual({ text: null, refusal: 'Key used already or never filled' })
})

test('[B2] [B3] a part that WhatsApp was not told of is answered as what it was when it comes again; one that is not kept any more is refused as used', async () => {
  const ana = await knownPhone(world, anaLid)
  const { skmsg, distribution } = await ana.writeInGroup(group, text('in the group'))
  const sealed = await ana.write(distribution)
  const attrs = { from: group, participant: anaLid }
  const stanza = () => messageNode('A', attrs, sealed)
  await world.takeIn(stanza())
  world.appended()
  const again = stanza()
  await world.takeIn(again)
  world.appended()
  expect(await world.hand(again)).toEqual({ text: null, refusal: null })
  const word = messageNode('B', attrs, { type: 'skmsg', content: skmsg })
  await world.takeIn(word)
  world.appended()
  expect((await world.hand(word)).text).toBe('in the group')
  expect(appends(world)).toEqual(['message A/0', 'message B/0'])
  world.untold.forget()
  const onceMore = stanza()
  await world.takeIn(onceMore)
  expect((await world.hand(onceMore)).refusal).toBe('Key used already or never filled')
})

test('[B2] [B3] what was made for another address than Baileys asks with is thrown away, and the part known by its memory', async () => {
  const ana = await knownPhone(world, anaPn)
  const node = messageNode('A', { from: anaPn }, await ana.write(text('one')))
  await world.takeIn(node)
  world.appended()
  await world.repository.lidMapping.storeLIDPNMappings([{ lid: '200@lid', pn: '5511900000011@s.whatsapp.net' }])
  expect(await world.hand(node)).toEqual({ text: 'one', refusal: null })
  expect(appends(world)).toEqual(['message A/0'])
})

test('[B2] [B8] a part that was not taken in ahead is decrypted when Baileys asks, and durable before it is answered', async () => {
  const ana = await knownPhone(world, anaLid)
  const node = messageNode('A', { from: anaLid }, await ana.write(text('one')))
  await world.gate.begin('message', node)
  const handed = world.hand(node)
  expect(await isPending(handed)).toBe(true)
  expect(appends(world)).toEqual(['message A/0'])
  world.appended()
  expect((await handed).text).toBe('one')
})

test('[B1] [B2] a group message is decrypted with the key that came before it, and no key is taken in twice', async () => {
  const ana = await knownPhone(world, anaLid)
  const attrs = { from: group, participant: anaLid }
  const { skmsg, distribution } = await ana.writeInGroup(group, text('first'))
  const second = await ana.writeInGroup(group, text('second'))
  const nodes = [
    messageNode('A', attrs, await ana.write(distribution), { type: 'skmsg', content: skmsg }),
    messageNode('B', attrs, { type: 'skmsg', content: second.skmsg }),
  ]
  for (const node of nodes) expect((await world.takeIn(node)).end).toBe('nobody')
  expect(appends(world)).toEqual(['message A/0', 'message A/1', 'message B/0'])
  expect(sets(world)).toHaveLength(3)
  world.appended()
  world.happened.length = 0
  for (const [nth, said] of ['first', 'second'].entries()) expect((await world.hand(nodes[nth] ?? bare('none'))).text).toBe(said)
  expect(sets(world)).toEqual([])
})

test('[B2] what Baileys refuses before it decrypts has its place in the log before it is refused', async () => {
  const ana = await knownPhone(world, anaLid)
  const storeLIDPNMappings = async () => Promise.reject(new Error('no such address'))
  Object.assign(Object.getPrototypeOf(world.repository.lidMapping), { storeLIDPNMappings })
  const attrs = { from: anaLid, sender_pn: '5511900000011@s.whatsapp.net' }
  await world.takeIn(messageNode('A', attrs, await ana.write(text('one'))))
  expect(appends(world)).toEqual(['unknown A: message: refused before decryption'])
})

test('[B2] what the own phone hands over is decrypted when Baileys asks and holds everybody until then; refused before, it is in the log after', async () => {
  const phone = await knownPhone(world, '100@lid')
  const attrs = { from: '100@lid', category: 'peer' }
  const node = messageNode('KEYS', attrs, await phone.write(text('for Baileys alone')))
  const { end, after } = await world.takeIn(node)
  expect(end).toBe('everybody')
  expect(world.happened).toEqual([])
  const handed = world.hand(node)
  expect(await isPending(handed)).toBe(true)
  expect(appends(world)).toEqual(['message KEYS/0'])
  world.appended()
  expect((await handed).text).toBe('for Baileys alone')
  await after?.()
  expect(appends(world)).toEqual(['message KEYS/0'])
  const refused = await world.takeIn(messageNode('REFUSED', attrs, await phone.write(text('never asked for'))))
  const appending = refused.after?.()
  expect(await isPending(appending ?? Promise.resolve())).toBe(true)
  expect(appends(world)).toEqual(['message KEYS/0', 'unknown REFUSED: message: refused before decryption'])
  world.appended()
  await appending
})

test('[B2] a socket that has ended decrypts nothing and appends nothing more', async () => {
  const ana = await knownPhone(world, anaLid)
  const node = messageNode('A', { from: anaLid }, await ana.write(text('one')))
  world.life.terminate('log-unavailable')
  await world.takeIn(node)
  expect(world.happened).toEqual([])
})

test('[B2] before anything is encrypted all that was set is durable, and its own step before its bytes are answered', async () => {
  const ana = await knownPhone(world, anaLid)
  await world.takeIn(messageNode('A', { from: anaLid }, await ana.write(text('one'))))
  world.happened.length = 0
  const encrypting = {
    'a message': () => world.repository.encryptMessage({ jid: anaLid, data: Buffer.from('x') }),
    'a group message': () => world.repository.encryptGroupMessage({ group, meId: me.lid, data: Buffer.from('x') }),
    'a sender key': () => world.repository.getSenderKeyDistributionMessage({ group: '1204@g.us', meId: me.lid }),
    'a new session': () => world.repository.injectE2ESession({ jid: anaLid, session: ana.bundle }),
  }
  for (const [what, encrypt] of Object.entries(encrypting)) {
    world.happened.length = 0
    await encrypt()
    expect(world.happened, what).toEqual(['flush', 'flush', expect.stringMatching(/^set (session|sender-key)\|/)])
  }
})

test('[B2] what encrypts inside a transaction of Baileys is durable before that goes on, and sees what was taken in while it waited', async () => {
  const ana = await knownPhone(world, anaLid)
  const locked = Promise.withResolvers<void>()
  const free = Promise.withResolvers<void>()
  const holding = world.keys.transaction(async () => {
    locked.resolve()
    await free.promise
  }, anaLid)
  await locked.promise
  const taking = world.takeIn(messageNode('A', { from: anaLid }, await ana.write(text('one'))))
  expect(await isPending(taking)).toBe(true)
  const sent: string[] = []
  const relaying = world.keys.transaction(async () => {
    await world.repository.encryptMessage({ jid: anaLid, data: Buffer.from('x') })
    sent.push(...world.happened)
  }, me.id)
  expect(await isPending(relaying)).toBe(true)
  free.resolve()
  await Promise.all([holding, taking, relaying])
  expect(sent.map(one => one.split(' ').slice(0, 2).join(' '))).toEqual([
    'flush',
    'append message',
    'set ahead',
    'flush',
    'set session|200_1.3',
  ])
})
