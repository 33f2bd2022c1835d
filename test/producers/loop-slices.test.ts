// Accounts that catch up leave the event loop to others between their stanzas.
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { gatedClasses } from '../../src/producers/gate/ack-gate.ts'
import { openStanzaQueue, type StanzaQueue } from '../../src/producers/socket/stanza-queue.ts'
import { createLoopSlices } from '../../src/runtime/loop-slices.ts'
import { never } from '../../src/runtime/or-abort.ts'

test('[A2] [E3] of stanzas that come at once one begins in each slice of the event loop, in order, and others have theirs between', async () => {
  const nextSlice = createLoopSlices()
  const names = ['first', 'second', 'third']
  const seen = await seenBesideAnother(see => Promise.all(names.map(name => nextSlice().then(() => see(name)))))
  expect(begunIn(seen)).toEqual(names)
  expectOthersBetween(seen)
})

test('[A2] [E3] so do the stanzas of all accounts together: none begins in the slice of another account’s', async () => {
  const seen = await seenBesideAnother(async see => {
    const accounts = ['shop', 'bakery', 'garage'].map(name => openAccount(name, see))
    for (let nth = 1; nth <= 3; nth++) for (const account of accounts) account.receive(nth)
    await Promise.all(accounts.map(({ stanzas }) => stanzas.idle()))
  })
  const begun = begunIn(seen)
  expect(begun).toHaveLength(9)
  for (const name of ['shop', 'bakery', 'garage'])
    expect(begun.filter(one => one.startsWith(name))).toEqual([1, 2, 3].map(nth => `${name} ${nth}`))
  expectOthersBetween(seen)
})

test('[A2] [E3] nor is any handed over to Baileys in the slice in which another account’s is', async () => {
  const seen = await seenBesideAnother(async see => {
    const accounts = ['shop', 'bakery'].map(name => openAccount(name, () => undefined, see))
    for (let nth = 1; nth <= 3; nth++) for (const account of accounts) account.receive(nth)
    await Promise.all(accounts.map(({ stanzas }) => stanzas.idle()))
  })
  expect(begunIn(seen)).toHaveLength(6)
  expectOthersBetween(seen)
})

test('[A2] a stanza that comes alone begins in the next slice', async () => {
  const nextSlice = createLoopSlices()
  for (let nth = 1; nth <= 3; nth++) {
    let slices = 0
    setImmediate(() => slices++)
    await nextSlice()
    expect(slices).toBe(1)
  }
})

const OTHER = 'other'
const begunIn = (seen: readonly string[]) => seen.filter(name => name !== OTHER)

/** What began, and the slices of somebody who asks for one after another meanwhile. */
async function seenBesideAnother(run: (see: (name: string) => void) => Promise<unknown>): Promise<readonly string[]> {
  const seen: string[] = []
  let isOver = false
  const another = () => {
    seen.push(OTHER)
    if (!isOver) setImmediate(another)
  }
  setImmediate(another)
  await run(name => void seen.push(name))
  isOver = true
  return seen
}

function expectOthersBetween(seen: readonly string[]) {
  const together = seen.filter((name, at) => name !== OTHER && at > 0 && seen[at - 1] !== OTHER)
  expect(together, seen.join(', ')).toEqual([])
}

/** A socket whose stanzas are seen when they begin. */
function openAccount(
  name: string,
  see: (name: string) => void,
  handed: (name: string) => void = () => undefined,
): { stanzas: StanzaQueue; receive(nth: number): void } {
  const socket = new EventEmitter()
  for (const stanzaClass of gatedClasses) socket.on(`CB:${stanzaClass}`, async ({ attrs }) => handed(`${name} ${attrs.id}`))
  const stanzas = openStanzaQueue(socket, {
    noMore: never,
    isOver: () => false,
    readAhead: async () => undefined,
    takeIn: async (_, node) => {
      see(`${name} ${node.attrs.id}`)
      return { durable: Promise.resolve(), end: 'nobody', after: null }
    },
    failed: error => see(`failed: ${error}`),
  })
  return { stanzas, receive: nth => void socket.emit('CB:message', { tag: 'message', attrs: { id: String(nth) } }) }
}
