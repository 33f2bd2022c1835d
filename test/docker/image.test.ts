// Guarantee: the files that the Dockerfile copies, with production dependencies and nothing else, are a zaplog that starts, is healthy and stops.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { freePort } from '../../infra/services/server-process.ts'
import { openTestDatabase } from '../ground/database.ts'
import { readRoot, variables } from '../ground/docker/compose-file.ts'
import { copiesOf, copyAsImage, readDockerfile, readIgnored, readLock } from '../ground/docker/image-files.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { until } from '../ground/until.ts'

const dockerfile = readDockerfile()
const manifest = JSON.parse(readRoot('package.json'))
const lineOf = (name: string) => dockerfile.findLast(one => one.name === name)?.rest ?? ''

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'zaplog-image-'))
  copyAsImage(directory)
}, 120_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('[H4] the image has what runs, and nothing else', () => {
  const copied = copiesOf(dockerfile).flatMap(({ sources }) => sources)
  const expected = ['LICENSE', 'NOTICE', 'bin', 'infra/postgres/migrations', 'package.json', 'schemas', 'src', 'zaplog']
  expect(copied.toSorted()).toEqual(expected)
  expect(readdirSync(directory).toSorted()).toEqual(
    [...expected.filter(path => !path.includes('/')), 'infra', 'node_modules'].toSorted(),
  )
  expect(Object.keys(manifest.dependencies).filter(name => !existsSync(join(directory, 'node_modules', name)))).toEqual([])
  const onlyForUs = Object.keys(manifest.devDependencies).filter(name => readLock()[`node_modules/${name}`]?.dev === true)
  expect(onlyForUs).toContain('vitest')
  expect(onlyForUs.filter(name => existsSync(join(directory, 'node_modules', name)))).toEqual([])
})

test('[I2] secrets, data and tests never reach the builder', () => {
  const ignored = readIgnored()
  const kept = [
    '.env',
    '.env.services',
    'data/encryption-key',
    'node_modules/pg/package.json',
    'src/api/some.test.ts',
    '.git/config',
  ]
  expect(kept.filter(path => !ignored(path))).toEqual([])
  expect(
    ['infra/services/kafka.ts', 'test/ground/until.ts', 'simulator/accounts/world.ts'].filter(path => !ignored(path)),
  ).toEqual([])
  expect(['package-lock.json', '.npmrc', 'src/main.ts', 'infra/postgres/migrations/0010_log.sql'].filter(ignored)).toEqual([])
})

test('[H4] the image stands on the Node that tests run on, and says its version and its licences', () => {
  const bases = dockerfile.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(' ')[0])
  expect(bases).toEqual([
    `node:${manifest.devDependencies.node}-bookworm-slim`,
    `node:${manifest.devDependencies.node}-bookworm-slim`,
  ])
  expect(lineOf('LABEL')).toContain(`org.opencontainers.image.version="${manifest.version}"`)
  expect(lineOf('LABEL')).toContain('org.opencontainers.image.licenses="Apache-2.0 AND GPL-3.0-only AND AGPL-3.0-only"')
  expect(readRoot('NOTICE')).toMatch(/libsignal is licensed under the GNU General Public License, version 3/)
})

test('[H4] [H7] it starts on a server of its own, is healthy, has its page, is scraped as Prometheus does, and stops', async () => {
  const database = await openTestDatabase('docker-image', { empty: true })
  const port = await freePort()
  const settings = {
    ...imageEnv(),
    HOST: '127.0.0.1', // the image listens everywhere, a test does not
    PORT: String(port),
    DATA_DIR: join(directory, 'data'),
    DATABASE_URL: database.url,
    ADMIN_API_KEY: randomBytes(24).toString('base64url'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    METRICS_TOKEN: randomBytes(24).toString('base64url'),
    LOG_LEVEL: 'warn',
  }
  const zaplog = runImage(JSON.parse(lineOf('CMD')), settings)
  try {
    const health = () => checkHealth(settings)
    await until('the image to be healthy', async () => zaplog.child.exitCode !== null || (await health()), 60_000)
    expect(zaplog.said()).toContain(`zaplog ${manifest.version} listens on http://127.0.0.1:${port}`)
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html' } })
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(`data-version="${manifest.version}"`)])
    const { scrape_configs } = parse(readRoot('infra/prometheus/prometheus.yml'))
    const metrics = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}${scrape_configs[0].metrics_path}`, { headers })
    const scraped = await metrics({ authorization: `${scrape_configs[0].authorization.type} ${settings.METRICS_TOKEN}` })
    expect([scraped.status, await scraped.text()]).toEqual([200, expect.stringContaining('# TYPE process_cpu')])
    expect(await metrics({})).toMatchObject({ status: 401 })
    zaplog.child.kill('SIGTERM')
    await zaplog.ended
    expect(zaplog.child.exitCode, zaplog.said()).toBe(0)
    expect(await health()).toBe(false)
  } finally {
    zaplog.child.kill('SIGKILL')
    await zaplog.ended
    await database.close()
  }
})

test.each([
  [200, true],
  [503, false],
])('[H4] [H3] its health check asks for readiness: %i is healthy: %s, and no Node is started to ask', async (status, healthy) => {
  const asked: string[] = []
  const { url } = await openLoopbackServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end()
  })
  expect(await checkHealth({ PORT: new URL(url).port })).toBe(healthy)
  expect(asked).toEqual(['/health/ready'])
  expect(lineOf('HEALTHCHECK')).not.toContain('node')
})

test.for([
  ['dev services', 'the launchers of services are'],
  ['demo', 'the simulator is'],
  ['simulate', 'the simulator is'],
] as const)('[H4] that the image lacks what %s needs is said in one sentence', async ([verb, what]) => {
  const run = runImage(verb.split(' '), {})
  await run.ended
  expect(run.said()).toBe(`zaplog ${verb}: ${what} in the repository, not in the image\n`)
  expect(run.child.exitCode).toBe(78)
})

test('[I2] the image makes the secrets that Compose asks for, where nothing but Docker is there', async () => {
  const file = join(directory, '.env')
  const secrets = runImage(['dev', 'secrets', '--file', file], {})
  await secrets.ended
  expect(secrets.child.exitCode, secrets.said()).toBe(0)
  const made = parseEnv(readFileSync(file, 'utf8'))
  const asked = [...readRoot('docker-compose.yml').matchAll(variables)].flatMap(([, name, kind]) =>
    name && kind === '?' ? [name] : [],
  )
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.filter(name => (made[name] ?? '').length < 16)).toEqual([])
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

/** NAME=value pairs of ENV. */
const imageEnv = (): Record<string, string> =>
  Object.fromEntries(
    lineOf('ENV')
      .split(/\s+/)
      .map(pair => pair.split('=') as [string, string]),
  )

/** As in the container: nothing of our environment but PATH, and `node` is this Node. */
function runImage(args: readonly string[], settings: Readonly<Record<string, string>>) {
  const [, ...entrypoint]: string[] = JSON.parse(lineOf('ENTRYPOINT'))
  const child: ChildProcess = spawn(process.execPath, [...entrypoint, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const output of [child.stdout, child.stderr])
    output?.setEncoding('utf8').on('data', text => {
      said += text
    })
  return { child, ended: once(child, 'close'), said: () => said }
}

function checkHealth(settings: Readonly<Record<string, string>>): Promise<boolean> {
  const [program = '', ...args]: string[] = JSON.parse(lineOf('HEALTHCHECK').replace(/^.* CMD /, ''))
  return promisify(execFile)(program, args, { env: { PATH: process.env.PATH ?? '', ...settings } }).then(
    () => true,
    () => false, // what a health check says is its exit code
  )
}
