// Guarantee: whatever a part is like, the look at it says how it is and how to mend it, in time; and leaves nothing behind.
import { readdirSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type PostgresFacts, readPostgresFacts } from '../../src/database/postgres-facts.ts'
import { judgeCertificate } from '../../src/main/examine-certificates.ts'
import { examineDataDir, judgeDirectory, judgeRoom } from '../../src/main/examine-data-dir.ts'
import { judgeKafka } from '../../src/main/examine-kafka.ts'
import { judgeMachine } from '../../src/main/examine-machine.ts'
import { examineStore, judgeAnswer, judgeSpeed } from '../../src/main/examine-objects.ts'
import { judgePostgres } from '../../src/main/examine-postgres.ts'
import { examineProgram } from '../../src/main/examine-program.ts'
import { examineRegistry } from '../../src/main/examine-registry.ts'
import { type Finding, findWithin, fine } from '../../src/main/finding.ts'
import { judgeClock } from '../../src/main/judge-clock.ts'
import { openFilesystemStore } from '../../src/objects/filesystem.ts'
import { lockDirectory } from '../../src/runtime/directory-lock.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const logger = collectLogLines()
const embedded = { bucket: null }
const statesOf = (findings: readonly Finding[]) => findings.map(({ state }) => state)

async function openDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-examine-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

test('[H7] what hangs is told to stop and is a finding, what throws is one, too, and the others are there', async () => {
  const part = { name: 'a part', expected: 'SETTING to be right' }
  const stopped: boolean[] = []
  const hang = (signal: AbortSignal) =>
    new Promise<readonly Finding[]>(() => signal.addEventListener('abort', () => stopped.push(true)))
  expect(await findWithin({ part, look: hang }, 20)).toEqual([
    { part: 'a part', state: 'bad', found: 'no answer within 0.02 s', mend: 'expected SETTING to be right' },
  ])
  expect(stopped).toEqual([true])
  const refuse = async () => Promise.reject(new Error('no entry'))
  expect(await findWithin({ part, look: refuse }, 60_000)).toMatchObject([{ state: 'bad', found: 'no entry' }])
  expect(await findWithin({ part, look: async () => [fine('a part', 'works')] }, 60_000)).toEqual([fine('a part', 'works')])
})

test('[H7] a real Postgres is seen as it is: its version, its clock, its migrations, behind and ahead', async () => {
  const empty = await openTestDatabase('examine-empty', { empty: true })
  onTestFinished(empty.close)
  const target = { url: empty.url, applicationName: 'doctor' }
  const before = await readPostgresFacts(target, never)
  expect(before).toMatchObject({ encoding: 'UTF8', isStandby: false, canCreate: true, certificateEndsAt: null })
  expect(before.migrations.missing).toHaveLength(readdirSync('infra/postgres/migrations').length)
  expect(Math.abs(before.clockSkewMs)).toBeLessThan(1_000)
  expect(judgePostgres(before, { takes: 14, nowAt: 0 })[1]?.found).toMatch(
    /^the next start applies \d+ more migrations, 0010_log to /,
  )

  const full = await openTestDatabase('examine-full')
  onTestFinished(full.close)
  await full.database.query("insert into zaplog_migrations (name, run_on) values ('9999_newer', now())")
  const { migrations } = await readPostgresFacts({ ...target, url: full.url }, never)
  expect(migrations).toMatchObject({ missing: [], unknown: ['9999_newer'], runsFrom: 9999 })
  await expect(readPostgresFacts({ ...target, url: `${full.url}_not` }, never)).rejects.toMatchObject({ code: 'misconfigured' })
})

const postgres: PostgresFacts = {
  ...{ version: '17.2', major: 17, encoding: 'UTF8', isStandby: false, canCreate: true, clockSkewMs: 0 },
  migrations: { missing: [], unknown: [], knows: 239, runsFrom: 239 },
  connections: { most: 97, taken: 20, ours: 14 },
  certificateEndsAt: null,
}

test.each<[string, Partial<PostgresFacts>, Finding['state'][]]>([
  ['one that is right', {}, ['ok', 'ok', 'ok', 'ok']],
  ['one that is too old', { major: 13, version: '13.9' }, ['bad', 'ok', 'ok', 'ok']],
  ['another encoding', { encoding: 'LATIN1' }, ['bad', 'ok', 'ok', 'ok']],
  ['a standby', { isStandby: true }, ['bad', 'ok', 'ok', 'ok']],
  ['a user who may make nothing', { canCreate: false }, ['bad', 'ok', 'ok', 'ok']],
  [
    'one of a newer version',
    { migrations: { missing: [], unknown: ['9999'], knows: 239, runsFrom: 9999 } },
    ['ok', 'bad', 'ok', 'ok'],
  ],
  ['one beside', { migrations: { missing: [], unknown: ['9999'], knows: 239, runsFrom: 239 } }, ['ok', 'ok', 'ok', 'ok']],
  ['too few connections', { connections: { most: 97, taken: 90, ours: 0 } }, ['ok', 'ok', 'warn', 'ok']],
  ['those of a zaplog that runs', { connections: { most: 97, taken: 90, ours: 10 } }, ['ok', 'ok', 'ok', 'ok']],
  ['a clock that is off', { clockSkewMs: -600_000 }, ['ok', 'ok', 'ok', 'bad']],
  ['a certificate that ends', { certificateEndsAt: 86_400_000 }, ['ok', 'ok', 'ok', 'ok', 'warn']],
])('[H7] of Postgres, %s', (_, facts, states) => {
  const findings = judgePostgres({ ...postgres, ...facts }, { takes: 14, nowAt: 0 })
  expect(statesOf(findings)).toEqual(states)
  for (const { state, mend } of findings) expect(mend === null).toBe(state === 'ok')
})

const kafka = { clusterId: 'abc', brokers: 3, unspoken: [], missing: [], refused: [], differences: [] }
const differs = (setting: string) => [{ topic: 'wa.events', setting, declared: '24', actual: '12' }]

test.each([
  ['one that is right', {}, ['ok', 'ok', 'ok']],
  ['one that is too old', { unspoken: ['Fetch 11'] }, ['bad', 'ok', 'ok']],
  ['fewer brokers than copies', { brokers: 2 }, ['ok', 'bad', 'ok']],
  ['topics that are to be made', { missing: ['wa.events'] }, ['ok', 'ok', 'ok']],
  ['another retention', { differences: differs('retentionMs') }, ['ok', 'ok', 'warn']],
  ['other partitions, which end a start', { differences: differs('partitions') }, ['ok', 'ok', 'bad']],
  ['a topic that is not for us', { refused: ['wa.events: not authorized'] }, ['ok', 'ok', 'bad']],
])('[H7] of Kafka, %s', (_, facts, states) => {
  expect(statesOf(judgeKafka({ ...kafka, ...facts }, { replication: 3 }))).toEqual(states)
})

test('[H7] one copy of each record is doubted', () => {
  expect(judgeKafka(kafka, { replication: 1 })[1]).toMatchObject({
    state: 'warn',
    mend: 'set it to 3 before the topics are made',
  })
})

test('[H7] a registry is asked for each schema, and is given none', async () => {
  const asked = new Set<string>()
  const { url } = await openLoopbackServer((request, response) => {
    const path = request.url ?? ''
    asked.add(`${request.method} ${path.replace(/zaplog\.events\.\w+/, 'X')}`)
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body))
    if (path.startsWith('/compatibility')) return answer(200, { is_compatible: !path.includes('CallUpdated') })
    return path.includes('Call') || path.includes('Group') ? answer(404, { error_code: 40401 }) : answer(200, { id: 7 })
  })
  const look = (autoRegister: boolean) =>
    examineRegistry(
      {
        config: { schemaRegistry: { url, username: null, password: null, autoRegister }, database: { url: null, sslCa: null } },
        logger,
      },
      never,
    )
  const [reach, fits, others] = await look(true)
  expect([reach?.state, fits, others?.found]).toEqual([
    'ok',
    expect.objectContaining({ state: 'bad', found: 'zaplog.events.CallUpdated: what is there does not fit' }),
    expect.stringMatching(/^the next start registers \d+ schemas$/),
  ])
  expect(statesOf(await look(false))).toEqual(['ok', 'bad', 'bad'])
  expect([...asked].toSorted()).toEqual(['POST /compatibility/subjects/X/versions/latest', 'POST /subjects/X?normalize=true'])
})

test('[H7] [G3] in a store an object is put, read and deleted, and a browser’s question is asked', async () => {
  const directory = await openDirectory()
  const asked: unknown[] = []
  const { url } = await openLoopbackServer((request, response) => {
    asked.push([request.method, request.headers.origin, request.headers['access-control-request-method']])
    const allow = { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, PUT' }
    response.writeHead(204, { ...allow, date: new Date(Date.now() - 60_000).toUTCString() }).end()
  })
  const store = await openFilesystemStore({ directory, publicUrl: url, signingKey: Buffer.alloc(32, 1), logger })
  const findings = await examineStore(store, 'https://zap.example', never)
  expect(findings.map(({ state, found }) => [state, found])).toEqual([
    ['ok', expect.stringMatching(/^puts [\d.]+ MiB\/s, reads [\d.]+ MiB\/s \(4 MiB\)$/)],
    ['ok', 'browsers at https://zap.example may put files'],
    ['warn', expect.stringMatching(/^its clock is (59|60)\.\d s behind ours$/)],
  ])
  expect(asked).toEqual([['OPTIONS', 'https://zap.example', 'PUT']])
  const left = (await readdir(directory, { recursive: true, withFileTypes: true })).filter(one => one.isFile())
  expect(left.map(({ name }) => name)).toEqual([])
})

test('[H7] a bucket that browsers may not put to says the rule that it lacks', () => {
  const answer = { status: 403, allowOrigin: null, allowMethods: null, clockSkewMs: null }
  expect(judgeAnswer(answer, 'https://zap.example')).toEqual([
    {
      part: 's3',
      state: 'warn',
      found: 'browsers at https://zap.example may not put files (status 403)',
      mend: 'give the bucket a CORS rule: AllowedOrigins https://zap.example, AllowedMethods PUT, AllowedHeaders *',
    },
  ])
  expect(statesOf(judgeAnswer({ ...answer, allowOrigin: '*', allowMethods: 'GET' }, 'https://a.example'))).toEqual(['warn'])
  expect(
    statesOf(judgeAnswer({ ...answer, allowOrigin: 'https://b.example', allowMethods: 'PUT' }, 'https://a.example')),
  ).toEqual(['warn'])
  expect([judgeSpeed({ putMs: 100, readMs: 100 }).state, judgeSpeed({ putMs: 4_000, readMs: 100 }).state]).toEqual(['ok', 'warn'])
})

test('[H7] the data directory is looked at: made later, open to others, held by a process, and never locked', async () => {
  const directory = await openDirectory()
  const [there] = await examineDataDir(directory, embedded, never)
  expect(there).toMatchObject({ state: 'ok', found: expect.stringMatching(/mode 7\d\d, user \d+$/) })
  expect((await examineDataDir(join(directory, 'a', 'b'), embedded, never))[0]).toMatchObject({
    state: 'ok',
    found: expect.stringContaining('is not there yet'),
  })
  expect(await readdir(directory)).toEqual([])
  await chmod(directory, 0o777)
  expect((await examineDataDir(directory, embedded, never))[0]).toMatchObject({
    state: 'warn',
    mend: expect.stringContaining(`chmod o-w ${directory}`),
  })
  const lock = await lockDirectory(directory)
  expect((await examineDataDir(directory, embedded, never))[0]?.found).toContain(`open in process ${process.pid}`)
  if (lock.held) await lock.release()
  expect((await examineDataDir(directory, embedded, never))[0]?.found).not.toContain('open in process')
  const of = { path: '/srv', mode: 0o40700, heldBy: null }
  expect([judgeDirectory({ ...of, uid: 5, ourUid: 7 }).state, judgeDirectory({ ...of, uid: 0, ourUid: 7 }).state]).toEqual([
    'warn',
    'ok',
  ])
  expect([judgeRoom(50).state, judgeRoom(500).state, judgeRoom(5_000).state]).toEqual(['bad', 'warn', 'ok'])
})

test('[H7] the machine, its clock, certificates and FFmpeg are judged by what they are', async () => {
  const machine = { node: 'v24.1.0', descriptors: null, maxConnections: 1_000, memoryMiB: 2_048, isContained: false }
  expect(statesOf(judgeMachine(machine))).toEqual(['ok', 'ok', 'ok'])
  expect(statesOf(judgeMachine({ ...machine, node: 'v22.9.0', descriptors: 256, memoryMiB: 256 }))).toEqual([
    'bad',
    'warn',
    'warn',
  ])
  expect([0, -1_900, 3_000, -400_000].map(skew => judgeClock('s3', skew).state)).toEqual(['ok', 'ok', 'warn', 'bad'])
  const day = 86_400_000
  expect([-1, 3, 90].map(days => judgeCertificate({ of: 'a', endsAt: days * day }, 0).state)).toEqual(['bad', 'warn', 'ok'])
  expect(await examineProgram(process.execPath, never).catch(() => 'refused')).toEqual(
    'refused', // Node takes no -version
  )
})
