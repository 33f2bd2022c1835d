// What is known of keys that are on their way: never what a later write, deletion or erasure has replaced.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeyWrite } from '../../src/producers/auth/auth-rows.ts'
import { createKeyOverlay, type KeyOverlay } from '../../src/producers/auth/key-overlay.ts'

const open = () => createKeyOverlay(new Set(['pre-key']))
const session = (id: string, value: string | null = 'v'): KeyWrite => ({ type: 'session', id, value })
const a = { type: 'session', id: 'a' }

test('[A4] a write is known before it is durable, and the newest of a key alone is written', () => {
  const overlay = open()
  overlay.put([session('a', 'one')])
  overlay.put([session('a', null)])
  expect(overlay.known(a)).toBeNull()
  expect(overlay.beginWrite()).toEqual([session('a', null)])
  overlay.put([session('a', 'two')])
  expect(overlay.known(a)).toBe('two')
  overlay.written()
  expect(overlay.known(a)).toBe('two')
  expect(overlay.hasPending()).toBe(true)
})

test('[A4] a read is remembered, absences too, unless a write was on its way in the middle of it', () => {
  const overlay = open()
  overlay.beginRead()(a, null)
  expect(overlay.known(a)).toBeNull()
  overlay.put([session('b')])
  overlay.beginWrite()
  const overtaken = overlay.beginRead()
  overlay.written()
  overtaken({ type: 'session', id: 'c' }, 'old')
  expect(overlay.known({ type: 'session', id: 'c' })).toBeUndefined()
})

test('[A4] a read ahead brings back nothing that was written or erased meanwhile, and nobody reads ahead twice', () => {
  const overlay = open()
  const names = ['a', 'b', 'c'].map(id => ({ type: 'session', id }))
  const reading = overlay.beginReadAhead(names)
  expect(reading.names).toEqual(names)
  expect(overlay.beginReadAhead(names).names).toEqual([])
  overlay.put([session('a', null)])
  overlay.beginWrite()
  overlay.written()
  reading.end(
    new Map([
      ['session|a', 'old'],
      ['session|b', 'found'],
    ]),
  )
  expect(names.map(overlay.known)).toEqual([null, 'found', null])
  const erased = overlay.beginReadAhead([{ type: 'version', id: 'x' }])
  overlay.beginErasure('version')
  overlay.erased('version')
  erased.end(new Map([['version|x', 'old']]))
  expect(overlay.known({ type: 'version', id: 'x' })).toBeUndefined()
})

test('[A4] what is used once is kept in memory only where it was read ahead', () => {
  const overlay = open()
  const preKey = { type: 'pre-key', id: '1' }
  overlay.beginRead()(preKey, 'read')
  expect(overlay.known(preKey)).toBeUndefined()
  overlay.beginReadAhead([preKey]).end(new Map([['pre-key|1', 'ahead']]))
  expect(overlay.known(preKey)).toBe('ahead')
  overlay.put([{ ...preKey, value: null }])
  overlay.beginWrite()
  overlay.written()
  expect(overlay.known(preKey)).toBeNull()
})

/** The rows, and reads on their way with what they found. */
type World = {
  overlay: KeyOverlay
  truth: Map<string, string>
  durable: Map<string, string>
  batch: readonly KeyWrite[] | null
  ends: (() => void)[]
}
const id = fc.constantFrom('a', 'b')
const step: fc.Arbitrary<(world: World) => void> = fc.oneof(
  fc.tuple(id, fc.constantFrom('one', 'two', null)).map(([key, value]) => (world: World) => {
    world.overlay.put([session(key, value)])
    if (value === null) world.truth.delete(key)
    else world.truth.set(key, value)
  }),
  fc.constant((world: World) => {
    world.batch ??= world.overlay.beginWrite()
  }),
  fc.constant(writeNow),
  id.map(key => (world: World) => {
    const remember = world.overlay.beginRead()
    const found = world.durable.get(key) ?? null
    world.ends.push(() => remember({ type: 'session', id: key }, found))
  }),
  id.map(key => (world: World) => {
    const { names, end } = world.overlay.beginReadAhead([{ type: 'session', id: key }])
    const found = new Map<string, string>()
    for (const name of names) {
      const value = world.durable.get(name.id)
      if (value !== undefined) found.set(`session|${name.id}`, value)
    }
    world.ends.push(() => end(found))
  }),
  fc.constant((world: World) => world.ends.shift()?.()),
)

function writeNow(world: World): void {
  for (const { id: key, value } of world.batch ?? [])
    if (value === null) world.durable.delete(key)
    else world.durable.set(key, value)
  if (world.batch !== null) world.overlay.written()
  world.batch = null
}

test('[A4] [B2] however reads and writes meet, what is known is what was set last', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const world: World = { overlay: open(), truth: new Map(), durable: new Map(), batch: null, ends: [] }
      for (const take of steps) {
        take(world)
        for (const key of ['a', 'b']) {
          const known = world.overlay.known({ type: 'session', id: key })
          if (known !== undefined) expect(known).toBe(world.truth.get(key) ?? null)
        }
      }
    }),
    { numRuns: 3_000 },
  )
})
