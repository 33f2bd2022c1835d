// Guarantee: kill -9 of the API, of who holds the account, of both or of Postgres, too, at random instants, while every sort of command is asked for:
// each that was accepted has one outcome, phones show each message once, in the order of its chat, and none is lost; nor is a file whose upload
// to WhatsApp was cut at any step. COMMAND_KILLS kills as often as it says in every layout, COMMAND_SEED otherwise.
import { expect, test } from 'vitest'
import type { UploadFault } from '../../simulator/media/receive-upload.ts'
import { openSession } from '../../src/database/session.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { wait } from '../../src/runtime/wait.ts'
import { type Accepted, fileOf, type Lane, openLanes } from '../ground/scenarios/command-lanes.ts'
import {
  apartOnKafka,
  type Dying,
  dyingTogether,
  inOneProcess,
  layouts,
  unpaced,
  type Victim,
} from '../ground/scenarios/command-layouts.ts'
import type { CrashPlan } from '../ground/scenarios/crash-plan.ts'
import { databaseUrlOf } from '../ground/scenarios/its-postgres.ts'
import { seeded } from '../ground/scenarios/seeded.ts'
import { embedded, sideBySide } from '../ground/scenarios/setups.ts'
import { INSTANCE, PHONE, type Stage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const { COMMAND_KILLS, COMMAND_SEED = '20260214' } = process.env
const asked = COMMAND_KILLS === undefined ? null : Number(COMMAND_KILLS)
/** Where nobody says how many, the two layouts that differ most. */
const plans = layouts.flatMap(layout => {
  const kills =
    asked ??
    new Map([
      [inOneProcess, 5],
      [apartOnKafka, 4],
    ]).get(layout) ??
    0
  return kills === 0 ? [] : [{ layout, kills, name: layout.name }]
})
/** Of each lane, in each life. */
const EACH_LIFE = 3
/** Every other life ends while its messages go out, so long at most after one of the first of them; the others are counted from their first instant. */
const AT_WORK_MS = 50
const FIRST_STANZAS = 2
/** What WhatsApp makes of those that go out in such a life, in turns: it has them and does not say so, it says so, it never had them. */
const faults = ['no-ack', 'ack', 'swallow'] as const
const FROM_START_MS = 2_500
/** Of one life with its start, on a busy machine. */
const KILL_MS = 60_000

sideBySide(setup => {
  test.for(plans.filter(({ layout }) => layout.setup === setup))(
    '[F1] $kills kill -9 $name, while every sort of command is accepted, lose, double and reorder nothing',
    { timeout: 240_000 + (asked ?? 5) * KILL_MS },
    async ({ layout, kills }, { annotate }) => {
      const world = await layout.open()
      try {
        const lanes = await openAccount(world)
        const random = seeded(Number(COMMAND_SEED))
        const lives: Promise<unknown>[] = []
        for (let kill = 1; kill <= kills; kill++) {
          if (kill > 1) lives.push(world.begin().catch(unlessKilled))
          const victim = layout.victims[Math.floor(random() * layout.victims.length)] ?? 'both'
          if (kill % 2 === 1) await lives.at(-1)
          await liveAndDie(world, { lanes, kill, victim, random })
        }
        lives.push(world.begin().catch(unlessKilled))
        await Promise.all(lives)

        await Promise.all(lanes.map(lane => askAll(world, lane, EACH_LIFE * kills)))
        const accepted = lanes.flatMap(lane => lane.accepted)
        const ends = await endsOf(world, accepted)
        await expectOneOutcomeEach(world, accepted)
        expectShown(world, lanes)
        expectDone(world, lanes)
        await annotate(`seed ${COMMAND_SEED}, ${accepted.length} commands, ${JSON.stringify(ends)}`)
      } finally {
        await world.close()
      }
    },
  )
})

const keeping = 'update uploads set reference'
/** `posts`: of that file, to WhatsApp's servers; `kept`: of those the last, before anything of its message is. */
const deaths: readonly { when: string; fault: UploadFault | null; plan: CrashPlan | null; posts: number; isKept: boolean }[] = [
  { when: 'half of it has gone', fault: { kind: 'stall', atByte: 60_000 }, plan: null, posts: 2, isKept: false },
  { when: 'they have it, and answer after', fault: { kind: 'hold' }, plan: null, posts: 2, isKept: false },
  {
    ...{ when: 'they have answered', fault: null, posts: 2, isKept: false },
    plan: { point: { at: 'statement', when: 'before', contains: keeping } },
  },
  {
    ...{ when: 'where they have it is kept', fault: null, posts: 1, isKept: true },
    plan: { point: { at: 'statement', when: 'committed', contains: keeping } },
  },
]

sideBySide(
  setup => {
    test('[F1] [C13] kill -9 at each step of a file to WhatsApp’s servers costs an upload at most, and its message is shown once', {
      timeout: 360_000,
    }, async () => {
      const stage = await setup.openStage({ env: unpaced, shortSessions: true })
      try {
        const [, lane] = openLanes({ ...stage, front: stage.zaplog })
        if (lane === undefined) throw new Error('expected a lane with files')
        const filesBefore = filesOf(stage)
        for (const [at, death] of deaths.entries()) {
          const before = postsOf(stage)
          await dieOver(stage, { lane, count: 2 * (at + 1), death })
          expect(await keptOf(stage), death.when).toEqual({
            isKept: death.isKept,
            isSealed: death.isKept || null,
            isBuilt: false,
          })
          await stage.restart(deaths[at + 1]?.plan ?? undefined)
          await askAll(dyingTogether(stage), lane, 2 * (at + 1))
          await endsOf(dyingTogether(stage), lane.accepted.slice(-2))
          await until(`${death.posts} uploads, as ${death.when}`, () => postsOf(stage) === before + death.posts)
          expectShown(dyingTogether(stage), [lane])
        }
        // Two that WhatsApp has are in no message: of the answers that nobody heard.
        expect(filesOf(stage) - filesBefore).toBe(deaths.length + 2)
      } finally {
        await stage.close()
      }
    })
  },
  [embedded],
)

type Dies = { lane: Lane; count: number; death: (typeof deaths)[number] }

/** Resolves once it is dead, and what WhatsApp's servers had to say has been said. */
async function dieOver({ simulator, ...stage }: Stage, { lane, count, death }: Dies): Promise<void> {
  const { cdn } = simulator
  cdn.faultUploads(death.fault, 1)
  if (death.plan !== null) stage.zaplog().arm()
  const over = new AbortController()
  const asking = lane.askUntil(count, over.signal)
  await (death.plan === null ? until('the upload to be held', () => cdn.heldUploads() === 1) : stage.zaplog().ended)
  await stage.kill()
  over.abort()
  cdn.faultUploads(null)
  await asking
}

const filesOf = ({ simulator }: Stage) => simulator.cdn.state().files.size
const postsOf = ({ simulator }: Stage) => simulator.cdn.hits().filter(({ method }) => method === 'POST').length

/** Of the newest file. */
async function keptOf({ dataDir }: Stage): Promise<unknown> {
  const session = await openSession({ url: databaseUrlOf(dataDir), applicationName: 'scenario' }, never)
  try {
    const [row] = await session.query(
      `select u.reference is not null as "isKept", position('directPath'::bytea in u.reference) = 0 as "isSealed", c.built is not null as "isBuilt"
       from uploads u join commands c on c.upload_id = u.upload_id order by u.asked_at desc limit 1`,
    )
    return row
  } finally {
    await session.close()
  }
}

type Life = { lanes: readonly Lane[]; kill: number; victim: Victim; random(): number }

/** Resolves once it is dead, and nobody is asked for anything. */
async function liveAndDie(world: Dying, { lanes, kill, victim, random }: Life): Promise<void> {
  const { device } = world
  const isAtWork = kill % 2 === 1
  // Its own deadline, as what starts has just been killed, and maybe its Postgres with it.
  if (isAtWork) await until('the account to be open', device.isOnline, 120_000)
  const over = new AbortController()
  const stanzas = wentOut(device) + 1 + Math.floor(random() * FIRST_STANZAS)
  // Where the owner lives on, it would wait for an ack in vain, and then for its next try.
  const fault = isAtWork && victim !== 'the API' ? faults[((kill - 1) / 2) % faults.length] : 'ack'
  device.answerMessages(fault ?? 'ack')
  const asking = lanes.map(lane => lane.askUntil(EACH_LIFE * kill, over.signal))
  if (isAtWork) await until('messages to go out', () => wentOut(device) >= stanzas, 120_000)
  await instant(random() * (isAtWork ? AT_WORK_MS : FROM_START_MS))
  await world.kill(victim)
  over.abort()
  device.answerMessages('ack')
  await Promise.all(asking)
}

/** One that goes out again counts again: of a life whose messages nobody acknowledged, each chat's first one may be all that goes out. */
const wentOut = (device: Dying['device']): number => device.stanzasSent().reduce((sum, { count }) => sum + count, 0)

/** With the key of its app state, and its name, which Baileys says nothing of who is there without. */
async function openAccount(world: Dying): Promise<readonly Lane[]> {
  const lanes = openLanes(world)
  const stateKeyId = await world.device.shareAppState()
  await until('it to have the key', () => world.device.settled().some(({ id }) => id === stateKeyId))
  return lanes
}

/** Rejects with what was refused last, and how the one before it stands. Much is left where lives were short. */
async function askAll({ front }: Dying, lane: Lane, count: number): Promise<void> {
  const refused = await lane.askUntil(count, AbortSignal.timeout(300_000))
  if (lane.accepted.length === count) return
  const last = lane.accepted.at(-1)
  const { body } = await front().call('GET', `/v1/instances/${INSTANCE}/commands/${last?.commandId}`)
  expect.fail(`${lane.chat}: ${lane.accepted.length} of ${count}; refused last: ${refused}; before it: ${JSON.stringify(body)}`)
}

/** Of what WhatsApp gives no id, and says nothing of later. */
const mayEnd: Partial<Record<Accepted['sort'], readonly string[]>> = {
  presence: ['completed', 'outcome-unknown', 'expired'],
  group: ['completed', 'outcome-unknown'],
}

/** How many ended how; all are over. */
async function endsOf({ front }: Dying, accepted: readonly Accepted[]): Promise<Record<string, number>> {
  const ends: Record<string, number> = {}
  for (const { commandId, sort } of accepted) {
    const end = await until(
      `${sort} ${commandId} to be over`,
      async () => {
        const { body } = await front().call('GET', `/v1/instances/${INSTANCE}/commands/${commandId}`)
        return body.state === 'completed' ? 'completed' : body.state === 'failed' && String(body.reason)
      },
      120_000,
    )
    expect(mayEnd[sort] ?? ['completed'], `${sort} ${commandId}`).toContain(end)
    const name = `${sort} ${end}`
    ends[name] = (ends[name] ?? 0) + 1
  }
  return ends
}

/** Copies of one outcome have one id. */
async function expectOneOutcomeEach(world: Dying, accepted: readonly Accepted[]): Promise<void> {
  const log = await world.openLog()
  try {
    const outcomes = (await log.events('events')).filter(one => one.type === 'command.completed' || one.type === 'command.failed')
    const ids = new Map(outcomes.map(one => [one.eventId, one.commandId]))
    expect([...ids.values()].toSorted()).toEqual(accepted.map(one => one.commandId).toSorted())
  } finally {
    await log.close()
  }
}

const isShown = ({ sort }: Accepted) => sort === 'text' || sort === 'file'

/** Each message once in its chat, in their order, with its last text; each file as it was given. */
function expectShown({ device }: Dying, lanes: readonly Lane[]): void {
  const shown = device.shown()
  expect(device.conflicts()).toEqual([])
  for (const { chat, accepted } of lanes) {
    const there = shown.filter(one => one.chat === chat)
    expect(there.map(one => one.messageId)).toEqual(accepted.filter(isShown).map(one => one.messageId))
    const edits = accepted.filter(one => one.sort === 'edit')
    const edited = there.flatMap(({ isEdited, content }) =>
      isEdited ? [content.conversation ?? content.extendedTextMessage?.text] : [],
    )
    expect(edited).toEqual(edits.map(one => one.says))
    for (const { messageId, says } of accepted.filter(one => one.sort === 'file'))
      expect(device.fileShown(messageId ?? '').equals(fileOf(says)), says).toBe(true)
  }
}

/** What becomes no message is as it was asked for last; a group that was made is one. */
function expectDone({ device, simulator }: Dying, lanes: readonly Lane[]): void {
  const last = (sort: Accepted['sort']) => lanes.flatMap(lane => lane.accepted.filter(one => one.sort === sort)).at(-1)
  const archive = last('archive')
  const archived = device.appState().find(({ index: [name, chat] }) => name === 'archive' && chat === archive?.chat)
  expect(archived?.value).toMatchObject({ archiveChatAction: { archived: archive?.says === 'true' } })
  const subject = last('subject')
  expect(simulator.groupById(subject?.chat ?? '')?.subject).toBe(subject?.says)
  const made = simulator.groupsOf(PHONE).flatMap(group => (group.subject.startsWith('Made') ? [group.subject] : []))
  const asked = lanes.flatMap(lane => lane.accepted.flatMap(({ sort, says }) => (sort === 'group' ? [says] : [])))
  expect(new Set(made).size).toBe(made.length)
  expect(asked).toEqual(expect.arrayContaining(made))
}

/** When death comes: the one thing here that is meant to depend on the clock. */
const instant = (afterMs: number) => wait(afterMs, never)

/** One that was killed on its way up. */
function unlessKilled(error: unknown): void {
  if (!String(error).includes('SIGKILL')) throw error
}
