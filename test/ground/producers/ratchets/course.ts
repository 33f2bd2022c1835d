// One course: what its plan says happens, processes of ours die and others go on from Postgres and the log, and in the end everything that was
// said is in the log once, and everybody still understands everybody.
import { setTimeout as later } from 'node:timers/promises'
import { assertNever } from '../../../../src/events/event.ts'
import { flaky } from '../../flaky.ts'
import { seeded } from '../../scenarios/seeded.ts'
import { until } from '../../until.ts'
import { bootDevice } from './boot-device.ts'
import { type Durable, isMessage, noteDurable } from './durable.ts'
import type { Ground, OwnDevice, Ports } from './own-device.ts'
import { hasOneSession, type Person, pnJid } from './people.ts'
import type { Plan, Step } from './plan.ts'
import { openPower } from './power.ts'
import { openWorld, type World } from './world.ts'

/** `devices`: of people, and those of them that never had two sessions with the account. */
export type Outcome = {
  wrongs: readonly string[]
  deaths: number
  messages: number
  undecryptable: number
  devices: number
  calmDevices: number
}
/** `number`: whose account it is; none has had it before. */
export type RunOptions = { number: number; plan: Plan; ground: Ground }

const patienceMs = 20_000

export async function runCourse({ number, plan, ground }: RunOptions): Promise<Outcome> {
  const instanceId = `account-${number}`
  await ground.database.query("insert into instance_ids (instance_id, request_id, name) values ($1, $1, 'a course')", [
    instanceId,
  ])
  const durable = noteDurable(ground.log, ground.codec)
  const world = openWorld(number, durable)
  const processes = openProcesses({ ...ground, log: durable.log, wrap: slowed(plan) }, { instanceId, world, deaths: plan.deaths })
  await processes.begin()
  for (const step of plan.steps) {
    await take(step, world, processes)
    await processes.goOn()
    if (step.waits) world.release()
    if (step.waits) await settle(world, processes)
  }
  world.release()
  await settle(world, processes)
  await greetAll(world, processes)
  const deaths = processes.deaths()
  processes.end()
  const undecryptable = durable.events().filter(({ type }) => type === 'message.undecryptable').length
  const devices = [...world.people, world.owner].flatMap(person => person.devices)
  return {
    wrongs: [...world.wrongs, ...lookThrough(world, durable)],
    deaths,
    messages: world.letters.length,
    undecryptable,
    devices: devices.length,
    calmDevices: devices.filter(hasOneSession).length,
  }
}

/** Each of them takes its time, so that much is ahead of the other when death comes. */
function slowed({ seed, slow }: Plan): (ports: Ports) => Ports {
  const random = seeded(seed)
  const atMost = (ms: number) => (ms === 0 ? null : { delay: later(random() * ms) })
  const isKeyWrite = (sql: unknown) => String(sql).includes('insert into auth_keys')
  return ({ database, log }) => ({
    database: flaky(database, ({ name, args: [sql] }) => (name === 'query' && isKeyWrite(sql) ? atMost(slow.keysMs) : null)),
    log: flaky(log, ({ name }) => (name === 'append' ? atMost(slow.appendsMs) : null)),
  })
}

type Processes = {
  begin(): Promise<void>
  /** Another one where the one before has died. */
  goOn(): Promise<void>
  /** Another one takes over while this one lives, and knows nothing of it. */
  beTakenOver(): Promise<void>
  now(): OwnDevice
  deaths(): number
  end(): void
}

function openProcesses(ground: Ground, of: { instanceId: string; world: World; deaths: Plan['deaths'] }): Processes {
  const { instanceId, world } = of
  const all: OwnDevice[] = []
  let started = 0
  const isDead = (one: OwnDevice | undefined) => one === undefined || one.power.off.aborted || one.endedAs() !== null
  const latest = () => all.at(-1)

  /** Dies on its way up, too: then the next one is started. */
  async function start(): Promise<void> {
    const power = openPower(started === 0 ? null : (of.deaths[started - 1] ?? null))
    started += 1
    try {
      await bootDevice(ground, { instanceId, world, power, opened: device => void all.push(device) })
    } catch (error) {
      if (!power.off.aborted) throw error
    }
  }

  async function goOn(): Promise<void> {
    for (let one = latest(); isDead(one) || started === 0; one = latest()) {
      const ended = one?.power.off.aborted === false ? one.endedAs() : null
      if (ended !== null && ended !== 'fenced') world.wrongs.push(`a process ended by itself: ${ended}`)
      one?.power.cut()
      await start()
    }
  }

  return {
    begin: async () => {
      await start()
      const devices = Object.fromEntries(world.people.map(({ pn, devices: of }) => [pn, of.map(({ number }) => String(number))]))
      await latest()?.knowDevices(devices)
    },
    goOn,
    beTakenOver: start,
    now: () => {
      const one = latest()
      if (one === undefined) throw new Error('no process was started')
      return one
    },
    deaths: () => all.filter(({ power }) => power.off.aborted).length,
    end: () => {
      for (const { power } of all) power.cut()
    },
  }
}

/** Nothing is on its way any more, over as many deaths as there are. */
async function settle(world: World, processes: Processes): Promise<void> {
  try {
    const isSettled = async () => {
      await processes.goOn()
      return world.isQuiet()
    }
    await until('everything is settled', isSettled, patienceMs)
  } catch (error) {
    const left = world.whatsapp.pending().map(({ node }) => `${node.tag} ${node.attrs.id}`)
    world.wrongs.push(`${error}; left: ${left.join(', ')}`)
  }
}

async function take({ what, person: who, device: which, count }: Step, world: World, processes: Processes): Promise<void> {
  const { people, owner, group } = world
  const person = people[who % people.length] ?? owner
  const device = person.devices[which % person.devices.length]
  const [phone] = owner.devices
  if (device === undefined || phone === undefined) throw new Error('a person without devices')
  switch (what) {
    case 'write':
      return times(count, () => world.write(device))
    case 'write in the group':
      return times(count, () => world.write(which % 5 === 0 ? phone : device, { group }))
    case 'write on the own phone':
      return world.write(phone, { recipient: person })
    case 'write what arrives broken':
      return world.write(device, { broken: count > 3 ? 2 : 1, group: which % 3 === 0 ? group : null })
    case 'write what comes late':
      // With its sender key in it, it would keep those that overtake it from being read.
      return world.write(device, { isLate: true, group: device.senderKeySentTo.has(group) ? group : null })
    case 'send':
      return send(world, processes, person)
    case 'send to the group':
      return send(world, processes, null)
    case 'change the sender key':
      return world.changeSenderKey(device)
    case 'migrate':
      await settle(world, processes)
      world.migrate(person)
      await Promise.all(person.devices.map(one => world.write(one)))
      return settle(world, processes)
    case 'install anew':
      await world.installAnew(device)
      return world.write(device)
    case 'begin anew':
      await world.beginAnew(device)
      return world.write(device)
    case 'die':
      return processes.now().power.cut()
    case 'be taken over':
      return processes.beTakenOver()
    default:
      return assertNever(what)
  }
}

async function times(count: number, work: () => Promise<void>): Promise<void> {
  for (let nth = 0; nth < count; nth++) await work()
}

/** Goes on beside everything else; its process may die over it. */
async function send(world: World, processes: Processes, to: Person | null): Promise<void> {
  const { devices, ...message } = world.compose(to)
  const own = processes.now()
  const sending = own.send({ ...message, to: devices.map(pnJid) }).catch(error => {
    if (!own.power.off.aborted && own.endedAs() === null) throw error
  })
  void world.follow(sending)
}

/** Everybody writes, and is written to, and writes again: a key that was lost would tell only now. */
async function greetAll(world: World, processes: Processes): Promise<void> {
  await everybodyWrites(world)
  await settle(world, processes)
  for (const to of [...world.people, null]) await send(world, processes, to)
  await settle(world, processes)
  await everybodyWrites(world)
  await settle(world, processes)
}

async function everybodyWrites(world: World): Promise<void> {
  for (const { devices } of world.people) {
    for (const device of devices) await world.write(device)
    for (const device of devices) await world.write(device, { group: world.group })
  }
  for (const phone of world.owner.devices) await world.write(phone, { recipient: world.people[0] ?? null })
}

function lookThrough(world: World, durable: Durable): readonly string[] {
  const wrongs: string[] = []
  const events = durable.events()
  const ids = new Map<string, Set<string>>()
  for (const event of events)
    if (isMessage(event) && 'messageId' in event && event.messageId !== null)
      ids.set(event.messageId, (ids.get(event.messageId) ?? new Set()).add(event.eventId))
  for (const { id } of world.letters) {
    const found = ids.get(id)?.size ?? 0
    if (found !== 1) wrongs.push(`${id} is in the log as ${found} events`)
  }
  const inOrder = [...ids.keys()].filter(id => !world.refused.has(id))
  const asArrived = world.whatsapp.arrived().filter(id => !world.refused.has(id) && ids.has(id))
  if (inOrder.join() !== asArrived.join()) wrongs.push(`arrived as ${asArrived.join()}, are in the log as ${inOrder.join()}`)
  for (const event of events) {
    if (event.type !== 'message.undecryptable') continue
    const letter = world.letters.find(({ id }) => id === event.messageId)
    const mayBe = letter !== undefined && (letter.broken > 0 || !hasOneSession(letter.device))
    if (!mayBe) wrongs.push(`${event.messageId} is undecryptable: ${event.reason}`)
  }
  for (const id of world.left)
    for (const device of world.sent.get(id)?.devices ?? [])
      if (!device.read.has(id)) wrongs.push(`${pnJid(device)} never read ${id}`)
  return wrongs
}
