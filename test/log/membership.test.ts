// What a member of a consumer group does next, for everything that can happen in every state it can be in.
import { describe, expect, test } from 'vitest'
import {
  decide,
  type Happened,
  inState,
  isHandedBack,
  type Membership,
  newMembership,
  type Step,
} from '../../src/log/engine/membership.ts'

const UNTIL = 1_000
const LATER = 2_000
const lease = { partition: 7, lease: 'a' }
const assigned = (of: Partial<Extract<Happened, { kind: 'assigned' }>>): Happened => ({
  kind: 'assigned',
  untilMs: LATER,
  owned: [],
  kept: [],
  ...of,
})

const states = ['absent', 'working', 'over', 'stopping', 'stopped'] as const
type State = (typeof states)[number]

const memberWith = (state: State, of: Partial<Membership> = {}): Membership => ({
  ...newMembership,
  standing: 'inside',
  validUntilMs: UNTIL,
  held: state === 'absent' ? new Map() : new Map([[lease.partition, { ...lease, state }]]),
  ...of,
})
const stateOf = ({ held }: Membership): State => held.get(lease.partition)?.state ?? 'absent'
const told = (step: Step): string => (step.kind === 'stop' ? `stop as it ${step.because}` : step.kind)

/** What becomes of partition 7 from each state, and by which steps. */
const ofAPartition: readonly [string, Happened, Record<State, string>][] = [
  [
    'it is assigned and to be kept',
    assigned({ owned: [lease], kept: [7] }),
    { absent: 'working: start', working: 'working', over: 'working: start', stopping: 'stopping', stopped: 'stopped' },
  ],
  [
    'it is ours and to move',
    assigned({ owned: [lease] }),
    {
      absent: 'stopped: ask-now',
      working: 'stopping: stop as it moves',
      over: 'stopped: ask-now',
      stopping: 'stopping',
      stopped: 'stopped',
    },
  ],
  [
    'it is not ours any more',
    assigned({}),
    { absent: 'absent', working: 'absent: end', over: 'absent: end', stopping: 'absent: end', stopped: 'absent: end' },
  ],
  [
    'it changed hands and came back',
    assigned({ owned: [{ ...lease, lease: 'b' }], kept: [7] }),
    {
      absent: 'working: start',
      working: 'working: end, start',
      over: 'working: end, start',
      stopping: 'working: end, start',
      stopped: 'working: end, start',
    },
  ],
  [
    'all is confirmed',
    { kind: 'confirmed', untilMs: LATER },
    { absent: 'absent', working: 'working', over: 'working: start', stopping: 'stopping', stopped: 'stopped' },
  ],
  [
    'the coordinator does not know us',
    { kind: 'lost' },
    {
      absent: 'absent: ask-now',
      working: 'absent: say, end, ask-now',
      over: 'absent: say, end, ask-now',
      stopping: 'absent: say, end, ask-now',
      stopped: 'absent: say, end, ask-now',
    },
  ],
  [
    'it is later than what is held is valid',
    { kind: 'clock', nowMs: UNTIL + 1 },
    {
      absent: 'absent',
      working: 'absent: say, end, ask-now',
      over: 'absent: say, end, ask-now',
      stopping: 'absent: say, end, ask-now',
      stopped: 'absent: say, end, ask-now',
    },
  ],
  [
    'it is not later than what is held is valid',
    { kind: 'clock', nowMs: UNTIL },
    { absent: 'absent', working: 'working', over: 'over', stopping: 'stopping', stopped: 'stopped' },
  ],
  [
    'its work is finished and saved',
    { kind: 'stopped', partition: 7 },
    { absent: 'absent', working: 'working', over: 'over', stopping: 'stopped: ask-now', stopped: 'stopped' },
  ],
  [
    'its engine ended it',
    { kind: 'over', partition: 7 },
    { absent: 'absent', working: 'over', over: 'over', stopping: 'stopping', stopped: 'stopped' },
  ],
  [
    'the coordinator is told that it is given back',
    { kind: 'given-back', partitions: [7] },
    { absent: 'absent', working: 'absent: end', over: 'absent: end', stopping: 'absent: end', stopped: 'absent: end' },
  ],
  [
    'the member is to leave',
    { kind: 'leave' },
    {
      absent: 'absent: ask-now',
      working: 'stopping: stop as it leaves, ask-now',
      over: 'stopped: ask-now',
      stopping: 'stopping: ask-now',
      stopped: 'stopped: ask-now',
    },
  ],
  ...(['join-asked', 'join-failed', 'join-due'] as const).map((kind): [string, Happened, Record<State, string>] => [
    kind,
    kind === 'join-asked' ? { kind, untilMs: LATER } : { kind },
    { absent: 'absent', working: 'working', over: 'over', stopping: 'stopping', stopped: 'stopped' },
  ]),
]

describe('[H5] of a partition that is', () => {
  for (const state of states)
    for (const [title, happened, expected] of ofAPartition)
      test(`${state}, where ${title}: ${expected[state]}`, () => {
        const { membership, steps } = decide(memberWith(state), happened)
        expect([stateOf(membership), steps.map(told).join(', ')].filter(text => text !== '').join(': ')).toBe(expected[state])
      })
})

const standings = ['outside', 'joining', 'inside'] as const
type Standing = `${Membership['standing']} until ${number}`
/** Before a join that is under way it was valid until 500. */
const ofTheMember: readonly [string, Happened, Record<Membership['standing'], Standing>][] = [
  [
    'a join is asked: what is held stays ours meanwhile',
    { kind: 'join-asked', untilMs: LATER },
    { outside: 'joining until 2000', joining: 'joining until 2000', inside: 'joining until 2000' },
  ],
  [
    'a join failed: what was valid before counts again',
    { kind: 'join-failed' },
    { outside: 'outside until 1000', joining: 'outside until 500', inside: 'inside until 1000' },
  ],
  [
    'the group changes',
    { kind: 'join-due' },
    { outside: 'outside until 1000', joining: 'outside until 1000', inside: 'outside until 1000' },
  ],
  ['it is assigned', assigned({}), { outside: 'inside until 2000', joining: 'inside until 2000', inside: 'inside until 2000' }],
  [
    'a heartbeat is confirmed',
    { kind: 'confirmed', untilMs: LATER },
    { outside: 'outside until 2000', joining: 'joining until 2000', inside: 'inside until 2000' },
  ],
  [
    'it is not known any more',
    { kind: 'lost' },
    { outside: 'outside until 1000', joining: 'outside until 1000', inside: 'outside until 1000' },
  ],
]

describe('[H5] a member that is', () => {
  for (const standing of standings)
    for (const [title, happened, expected] of ofTheMember)
      test(`${standing}, where ${title}`, () => {
        const { membership } = decide(memberWith('working', { standing, validBeforeMs: 500 }), happened)
        expect(`${membership.standing} until ${membership.validUntilMs}`).toBe(expected[standing])
      })
})

describe('[H6] a member that leaves', () => {
  test('takes nothing that it is assigned', () => {
    const { membership, steps } = decide(memberWith('absent', { leaving: true }), assigned({ owned: [lease], kept: [7] }))
    expect([membership.held.size, steps]).toEqual([0, []])
  })

  test('hangs up on a join that waits once its last work is stopped, and not before', () => {
    const both = new Map([
      [7, { ...lease, state: 'stopping' as const }],
      [8, { partition: 8, lease: 'a', state: 'stopping' as const }],
    ])
    const leaving = memberWith('absent', { standing: 'joining', leaving: true, held: both })
    const first = decide(leaving, { kind: 'stopped', partition: 7 })
    expect([isHandedBack(first.membership), first.steps.map(told)]).toEqual([false, ['ask-now']])
    const last = decide(first.membership, { kind: 'stopped', partition: 8 })
    expect([isHandedBack(last.membership), last.steps.map(told)]).toEqual([true, ['ask-now', 'hang-up']])
  })

  test('hangs up at once where it holds nothing', () => {
    const { steps } = decide(memberWith('absent', { standing: 'joining' }), { kind: 'leave' })
    expect(steps.map(told)).toEqual(['ask-now', 'hang-up'])
  })
})

test('[H5] whatever happens, in whatever order: work begins where none runs, ends once, and what runs is held', () => {
  for (let seed = 1; seed <= 300; seed += 1) walk(chanceOf(seed))
})

/** Carries the steps out on a set of what runs, as any driver would. */
function walk(chance: (below: number) => number) {
  const running = new Set<number>()
  let membership = newMembership
  for (let nth = 0; nth < 60; nth += 1) {
    const happened = anything(membership, chance)
    const wasLeaving = membership.leaving
    const overs = inState(membership, 'over')
    const decided = decide(membership, happened)
    membership = decided.membership
    for (const step of decided.steps) {
      if (step.kind === 'start') {
        expect(wasLeaving, 'nothing begins while it leaves').toBe(false)
        expect(running.has(step.partition) && !overs.includes(step.partition), 'it ran already').toBe(false)
        running.add(step.partition)
      }
      if (step.kind === 'stop') expect(running.has(step.partition), 'what is stopped runs').toBe(true)
      if (step.kind === 'end') running.delete(step.partition)
    }
    for (const partition of [...inState(membership, 'working'), ...inState(membership, 'stopping')])
      expect(running.has(partition), 'what is held runs').toBe(true)
    for (const partition of running) expect(membership.held.has(partition), 'what runs is held').toBe(true)
  }
}

function anything(membership: Membership, chance: (below: number) => number): Happened {
  const some = () => [0, 1, 2, 3].filter(() => chance(2) === 0)
  const untilMs = chance(100)
  const [over] = inState(membership, 'working')
  const [stopped] = inState(membership, 'stopping')
  const all: Happened[] = [
    { kind: 'join-asked', untilMs },
    { kind: 'join-failed' },
    { kind: 'join-due' },
    assigned({ untilMs, owned: some().map(partition => ({ partition, lease: String(chance(2)) })), kept: some() }),
    assigned({ untilMs, owned: [...membership.held.values()], kept: some() }),
    { kind: 'confirmed', untilMs },
    { kind: 'clock', nowMs: chance(100) },
    { kind: 'given-back', partitions: inState(membership, 'stopped') },
    ...(over === undefined ? [] : [{ kind: 'over' as const, partition: over }]),
    ...(stopped === undefined ? [] : [{ kind: 'stopped' as const, partition: stopped }]),
    ...(chance(10) === 0 ? [{ kind: 'lost' as const }, { kind: 'leave' as const }] : []),
  ]
  return all[chance(all.length)] ?? { kind: 'lost' }
}

/** The same numbers for the same seed. */
function chanceOf(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
}
