// Makes the kept fixtures of this version and copies its schemas to those that are released: `node test/kept/make.ts [embedded|external]`. They
// are never made again once it is released.
import { globSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from '../../simulator/accounts/content.ts'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { type LaunchOptions, launchZaplog, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'
import { compress } from './archive.ts'
import { embeddedSetup } from './embedded-setup.ts'
import type { EndpointName, Expected, Story } from './expected.ts'
import { externalSetup } from './external-setup.ts'
import { readAnswers, readLog, readOwed } from './outside.ts'
import { openKeptReceiver } from './receiver.ts'
import type { KeptSetup, MadeGround } from './setup.ts'
import { HASTY, PATIENT, PHONES, peopleOf, subscribe, tellThePast, tellThePresent } from './story.ts'
import { tellPastThreads, tellPresentThreads } from './tell-threads.ts'

const setups: readonly KeptSetup[] = [embeddedSetup, externalSetup]

async function makeFixture(setup: KeptSetup, version: string): Promise<void> {
  const ground = await setup.make()
  const simulator = await openSimulator()
  const receiver = await openKeptReceiver(version)
  try {
    const cast = { simulator, receiver }
    const start = (env: Record<string, string>) => startZaplog(ground, simulator, env)
    let zaplog = await start(HASTY)
    const endpoints = await subscribe({ zaplog }, version)
    receiver.receiver.trust(...endpoints.map(({ secret }) => secret))
    const past = await tellThePast({ ...cast, zaplog })
    const pastThreads = await tellPastThreads({ ...cast, zaplog })
    await zaplog.stop()
    zaplog = await start(PATIENT)
    const ids = Object.fromEntries(endpoints.map(({ name, id }) => [name, id])) as Record<EndpointName, string>
    const position = await ignoreGroups(zaplog)
    const stalledPath = await tellThePresent({ ...cast, zaplog }, ids)
    const threads = { ...pastThreads, ...(await tellPresentThreads({ ...cast, zaplog })) }
    const answers = await readAnswers(zaplog)
    await setup.end(zaplog)
    const its = await ground.openLog()
    const log = await readLog(its)
    const owed = await readOwed(its, answers.deliveries, new Map(endpoints.map(({ name, id }) => [id, name])))
    await its.close()
    const madeAt = Date.now()
    const story = await queueAtWhatsApp(simulator, { stalledPath, ...past })
    const expected: Expected = {
      version,
      madeAt,
      settings: {},
      ...answers,
      endpoints: endpointsOf(endpoints, answers.lists['/v1/endpoints'] ?? []),
      log,
      accepted: receiver.receiver.accepted.map(({ webhookId }) => webhookId),
      owed,
      position,
      story,
      threads,
    }
    await keep(join(version, setup.name), { ground, world: await simulator.keepWorld(), expected })
  } finally {
    await receiver.receiver.close()
    await simulator.close()
    await ground.close()
  }
}

function startZaplog(
  { dataDir, env }: MadeGround,
  { url, cdnUrl }: Simulator,
  settings: LaunchOptions['env'],
): Promise<ZaplogProcess> {
  const whatsApp = { WHATSAPP_URL: url, WHATSAPP_CDN_URL: cdnUrl }
  return launchZaplog({ dataDir, program: 'start', env: { ...whatsApp, ...env, ...settings } }).listening
}

/** A change whose position is answered in a header. */
async function ignoreGroups({ url, key }: ZaplogProcess): Promise<Expected['position']> {
  const response = await fetch(new URL('/v1/instances/branch', url), {
    method: 'PATCH',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ settings: { ignoreGroups: true } }),
  })
  const token = response.headers.get('zaplog-position')
  if (response.status !== 200 || token === null) throw new Error(`changing settings: got ${response.status}, position ${token}`)
  return { token, path: '/v1/instances/branch/messages' }
}

type Endpoints = Awaited<ReturnType<typeof subscribe>>
const endpointsOf = (made: Endpoints, listed: readonly Readonly<Record<string, unknown>>[]) =>
  Object.fromEntries(
    made.map(({ name, id, secret }) => [name, { id, secret, answer: listed.find(one => one.id === id) ?? {} }]),
  ) as Expected['endpoints']

/** What WhatsApp has for accounts whose zaplog is away: from sessions of every age, and what was settled before. */
async function queueAtWhatsApp(
  simulator: Simulator,
  { settledId, stalledPath }: { settledId: string; ownId: string; deadOnes: number; stalledPath: string },
): Promise<Story> {
  const { ana, bruno, dora, eva, group } = peopleOf(simulator)
  const [shop, branch] = [simulator.device(PHONES.shop), simulator.device(PHONES.branch)]
  branch.refuseLogin(null)
  await until('both to be away', () => !shop.isOnline() && !branch.isOnline())
  const queued: Story['queued'][number][] = []
  const note = (phone: string, chatId: string, said: string, messageId: string, event: 'message.received' | 'message.sent') =>
    queued.push({ phone, chatId, text: said, messageId, event })
  for (const [from, said] of [
    [ana, 'Ainda abertos?'],
    [eva, 'Sou nova aqui'],
    [dora, 'E o vídeo?'],
  ] as const)
    note(PHONES.shop, from.lidJid, said, await shop.send(from, text(said)), 'message.received')
  note(PHONES.shop, group.id, 'Bom dia, grupo', await shop.sendGroup(group, bruno, text('Bom dia, grupo')), 'message.received')
  note(PHONES.shop, ana.lidJid, 'Sim, até as seis', await shop.sendFromPhone(ana, text('Sim, até as seis')), 'message.sent')
  note(PHONES.branch, ana.lidJid, 'E a filial?', await branch.send(ana, text('E a filial?')), 'message.received')
  shop.redeliver([settledId])
  const ignored = await branch.sendGroup(group, bruno, text('Aqui ninguém ouve'))
  return {
    group: group.id,
    stalledPath,
    queued,
    nothingComesOf: [settledId, ignored],
    skippedAtDeadly: { chatId: bruno.lidJid, count: 1 },
  }
}

async function keep(path: string, { ground, world, expected }: { ground: MadeGround; world: string; expected: Expected }) {
  const folder = fileURLToPath(new URL(path, import.meta.url))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'parts.zst'), await ground.pack())
  await writeFile(join(folder, 'world.json.zst'), await compress(Buffer.from(world)))
  await writeFile(join(folder, 'expected.json'), `${JSON.stringify({ ...expected, settings: kept(ground.env) }, null, 1)}\n`)
}

async function releaseSchemas(version: string): Promise<void> {
  const folder = fileURLToPath(new URL('../../schemas', import.meta.url))
  const released = join(folder, 'released', version)
  await rm(released, { recursive: true, force: true })
  await mkdir(released, { recursive: true })
  for (const path of globSync(join(folder, '*.avsc'))) await copyFile(path, join(released, basename(path)))
}

/** Keys are the fixture's; where the parts are is not. */
const kept = (env: MadeGround['env']) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => ['ADMIN_API_KEY', 'ENCRYPTION_KEY'].includes(name)))

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
await releaseSchemas(version)
const wanted = process.argv.slice(2)
for (const setup of setups)
  if (wanted.length === 0 || wanted.includes(setup.name)) {
    const startedAt = Date.now()
    await makeFixture(setup, version)
    process.stdout.write(`${version}/${setup.name} is kept, made in ${Date.now() - startedAt} ms\n`)
  }
