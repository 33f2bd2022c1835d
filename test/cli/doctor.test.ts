// Guarantee: zaplog doctor says of every part that the settings name how it is and how to mend it, at 60 columns, too, and ends with 1 where one is bad.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { examineAll } from '../../src/cli/doctor.ts'
import { reportOf, summaryOf } from '../../src/cli/doctor-report.ts'
import { openDoctorScreen } from '../../src/cli/doctor-screen.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { broken, doubtful, type Finding, fine } from '../../src/main/finding.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

function dataDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'zaplog-doctor-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Nobody is there, and nobody else is asked. */
const WHATSAPP_URL = 'ws://127.0.0.1:9'

const of = (findings: readonly Finding[], part: string) => findings.filter(one => one.part === part)

test('[H7] [H8] settings that cannot be used are said all at once, and end it with 1', async () => {
  const { code, out, err } = await runVerb(['doctor', '--json'], { PORT: 'abc', DATABASE_POOL_SIZE: '1', TOPIC_PREFIXX: 'a' })
  const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(out)
  expect({ code, err, ok }).toEqual({ code: exitCodes.failed, err: '', ok: false })
  expect(of(findings, 'settings').map(({ found }) => found.split(':')[0])).toEqual([
    'PORT',
    'DATABASE_POOL_SIZE',
    'TOPIC_PREFIXX',
  ])
})

test('[H7] parts that are away are bad, each with the settings that mend it, while the others are looked at', async () => {
  const closed = `127.0.0.1:${await freePort()}`
  const findings = await examineAll({
    DATA_DIR: dataDir(),
    WHATSAPP_URL,
    PORT: String(await freePort()),
    ADMIN_API_KEY: KEY,
    ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    DATABASE_URL: `postgres://zaplog:secret@${closed}/zaplog`,
    KAFKA_BROKERS: closed,
    SCHEMA_REGISTRY_URL: `http://${closed}`,
    S3_BUCKET: 'media',
    S3_ENDPOINT: `http://${closed}`,
    S3_ACCESS_KEY_ID: 'id',
    S3_SECRET_ACCESS_KEY: 'secret',
    FFMPEG_PATH: '/nowhere/ffmpeg',
    PUBLIC_URL: `http://${closed}`,
  })
  const bad = findings.filter(one => one.state === 'bad')
  expect(bad.map(({ part }) => part).toSorted()).toEqual(['ffmpeg', 'kafka', 'postgres', 's3', 'schema-registry', 'whatsapp'])
  expect(of(bad, 'postgres')[0]?.mend).toContain('DATABASE_URL')
  expect(of(findings, 'public-url')[0]?.state).toBe('warn')
  expect(of(findings, 'zaplog')).toEqual([fine('zaplog', 'is not running')])
  expect(of(findings, 'port')[0]?.found).toContain('is free')
  expect(JSON.stringify(findings)).not.toContain('secret@')
})

test('[H7] what is embedded is asked of the zaplog that runs, whose troubles are findings, and whose key is tried', async () => {
  const about = { name: 'zaplog', version: '9.9.9', build: 'abc', links: {} }
  const checks = [
    { name: 'postgres', state: 'ok', detail: 'answers' },
    { name: 'webhooks', state: 'degraded', detail: 'one endpoint fails' },
  ]
  const answers: Readonly<Record<string, object>> = {
    '/': about,
    '/health/ready': { status: 'degraded', checks },
    '/v1/version': about,
  }
  const { url } = await openLoopbackServer((request, response) =>
    alwaysJson(200, answers[request.url ?? ''] ?? {})(request, response),
  )
  const env = { DATA_DIR: dataDir(), WHATSAPP_URL, PORT: new URL(url).port, ADMIN_API_KEY: KEY, PUBLIC_URL: url }
  const findings = await examineAll(env)
  expect(of(findings, 'zaplog')).toEqual([
    fine('zaplog', `at ${url} is degraded; 1 of its 2 checks are ok`),
    doubtful('zaplog', 'webhooks: one endpoint fails', null),
  ])
  expect(of(findings, 'key')).toEqual([fine('key', 'zaplog takes the key from ADMIN_API_KEY')])
  expect(of(findings, 'port')).toEqual([fine('port', `zaplog 9.9.9 listens on 127.0.0.1:${env.PORT}`)])
  expect(of(findings, 'public-url')).toEqual([fine('public-url', `${url} is this zaplog`)])
  const { url: other } = await openLoopbackServer(alwaysJson(200, { ...about, build: 'other' }))
  expect(of(await examineAll({ ...env, PUBLIC_URL: other }), 'public-url')[0]?.state).toBe('bad')
})

/** On that host, at the port of another server. */
async function listenBeside(host: string, port: string, answer: RequestListener): Promise<void> {
  const server = createServer(answer).listen({ host, port: Number(port), ipv6Only: true })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
}

const hasIpv6 = Object.values(networkInterfaces()).some(those => those?.some(({ address }) => address === '::1'))
const hosts: readonly (readonly [host: string, at: string])[] = [
  ['0.0.0.0', '127.0.0.1'],
  ['::', '[::1]'],
  ['::1', '[::1]'],
]

test.each(hosts.filter(([host]) => hasIpv6 || !host.includes(':')))(
  '[H7] [I2] with HOST=%s all is asked of the zaplog that is there, and who has the port elsewhere gets no key',
  async (host, at) => {
    const about = { name: 'zaplog', version: '9.9.9', build: 'abc', links: {} }
    const ready = { status: 'ok', checks: [] }
    const zaplog: RequestListener = (request, response) =>
      alwaysJson(200, request.url === '/health/ready' ? ready : about)(request, response)
    const keys: (string | undefined)[] = []
    const isBeside = host.includes(':')
    const { url } = await openLoopbackServer((request, response) => {
      if (!isBeside) return zaplog(request, response)
      keys.push(request.headers.authorization)
      alwaysJson(200, { name: 'another' })(request, response)
    })
    const { port } = new URL(url)
    if (isBeside) await listenBeside(host, port, zaplog)
    const findings = await examineAll({ DATA_DIR: dataDir(), WHATSAPP_URL, HOST: host, PORT: port, ADMIN_API_KEY: KEY })
    expect(of(findings, 'zaplog')).toEqual([fine('zaplog', `at http://${at}:${port} is ok; 0 of its 0 checks are ok`)])
    expect(of(findings, 'key')).toEqual([fine('key', 'zaplog takes the key from ADMIN_API_KEY')])
    expect(keys).toEqual([])
  },
)

test('[H7] a port that something else has is bad; where nothing runs, what is embedded cannot be looked at', async () => {
  const { url } = await openLoopbackServer(alwaysJson(200, { name: 'another' }))
  const taken = await examineAll({ DATA_DIR: dataDir(), WHATSAPP_URL, PORT: new URL(url).port })
  expect(of(taken, 'port')).toMatchObject([{ state: 'bad', found: expect.stringContaining('something else listens') }])
  const free = await examineAll({ DATA_DIR: dataDir(), WHATSAPP_URL, PORT: String(await freePort()) })
  expect(of(free, 'port')).toMatchObject([{ state: 'ok' }])
  expect(of(free, 'zaplog')).toMatchObject([
    { state: 'warn', found: expect.stringContaining('embedded Postgres and files'), mend: './zaplog start runs it' },
  ])
})

test('[H7] WhatsApp is looked at where accounts are held, and only there', async () => {
  const { url } = await openLoopbackServer(alwaysJson(200, {}))
  const env = { DATA_DIR: dataDir(), PORT: String(await freePort()), WHATSAPP_URL: url.replace('http', 'ws') }
  const at = new URL(url).host
  expect(of(await examineAll(env), 'whatsapp')).toEqual([fine('whatsapp', `${at} takes connections`)])
  expect(of(await examineAll({ ...env, ROLES: 'api' }), 'whatsapp')).toEqual([])
})

test('[H7] a HOST of another machine, a DATA_DIR that is a file and a silent program on the port are said as what they are', async () => {
  const file = join(dataDir(), 'file')
  writeFileSync(file, '')
  const silent = createTcpServer().listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await once(silent, 'listening')
  const PORT = String((silent.address() as AddressInfo).port)
  const elsewhere = await examineAll({ DATA_DIR: file, WHATSAPP_URL, HOST: '192.0.2.1', PORT }, { patienceMs: 1_000 })
  expect(of(elsewhere, 'port')).toMatchObject([{ state: 'bad', found: 'HOST=192.0.2.1 is no address of this machine' }])
  expect(of(elsewhere, 'data-dir')).toMatchObject([{ state: 'bad', found: `${file} is a file` }])
  const taken = await examineAll({ DATA_DIR: dataDir(), WHATSAPP_URL, PORT }, { patienceMs: 1_000 })
  expect(of(taken, 'port')).toMatchObject([{ state: 'bad', found: `something listens on 127.0.0.1:${PORT} and does not answer` }])
})

test('[H7] the report fits 60 columns, mends stand below what they mend, and it ends with how many there are', () => {
  const long = 'a part that has a lot to say for itself, which no line of a terminal of sixty columns could ever hold'
  const findings = [fine('node', 'v24.1.0'), broken('kafka', long, `mend ${long}`), doubtful('s3', 'slow', null)]
  const report = reportOf(findings, 60, new Map([['s3', 2_340]]))
  expect(report.filter(line => line.length > 60)).toEqual([])
  expect(report.slice(0, 3)).toEqual([
    'ok   node: v24.1.0',
    'bad  kafka: a part that has a lot to say for itself, which',
    '     no line of a terminal of sixty columns could ever hold',
  ])
  expect(report[3]).toBe('       mend a part that has a lot to say for itself, which')
  expect(report.at(-1)).toBe('warn s3: slow (looked for 2.3 s)')
  expect(summaryOf(findings)).toBe('1 of 3 are bad, 1 doubtful')
  expect(summaryOf([fine('node', 'v24')])).toBe('all 1 are fine')
})

/** What is said until two parts are done, and at the end. */
function watched(out: { isTTY: boolean }, terminal: string): { meanwhile: string; atTheEnd: string } {
  let said = ''
  const screen = openDoctorScreen({ ...out, columns: 60, write: text => (said += text) }, terminal)
  const [postgres, kafka, whatsapp] = [fine('postgres', 'version 17'), fine('kafka', 'one broker'), fine('whatsapp', 'there')]
  for (const part of ['postgres', 'whatsapp', 'kafka']) screen.began(part)
  screen.looked({ part: 'kafka', findings: [kafka], tookMs: 2_500 })
  screen.looked({ part: 'whatsapp', findings: [whatsapp], tookMs: 1 })
  const meanwhile = said
  said = ''
  screen.looked({ part: 'postgres', findings: [postgres], tookMs: 1 })
  screen.end([postgres, kafka, whatsapp])
  return { meanwhile, atTheEnd: said }
}

test('[H7] on a terminal each part is said as soon as it was looked at, and which ones are waited for', () => {
  const { meanwhile, atTheEnd } = watched({ isTTY: true }, 'xterm')
  expect(meanwhile).toContain('\u001b[Jok   kafka: one broker (looked for 2.5 s)\n')
  expect(meanwhile).not.toContain('ok   whatsapp')
  expect(meanwhile.endsWith('waiting for postgres')).toBe(true)
  expect(atTheEnd.match(/ok {3}\w+/g)).toEqual(['ok   postgres', 'ok   whatsapp'])
  expect(atTheEnd.endsWith('\n\nall 3 are fine\n')).toBe(true)
})

test('[H7] where there is no terminal nothing is said before the end, and nothing but what was found', () => {
  for (const { meanwhile, atTheEnd } of [watched({ isTTY: false }, 'xterm'), watched({ isTTY: true }, 'dumb')]) {
    expect(meanwhile).toBe('')
    expect(atTheEnd).toBe(
      'ok   postgres: version 17\nok   kafka: one broker (looked for 2.5 s)\nok   whatsapp: there\n\nall 3 are fine\n',
    )
  }
})
