// Guarantee: what simulate prints leads from nothing to a conversation in zaplog, and a port it cannot have is answered in one sentence.
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { openBaileysClient } from '../../simulator/baileys-client.ts'
import { openSimulatorServer } from '../../simulator/control/control.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { planOf } from '../../src/cli/simulate-screen.ts'
import { commandsOf, paste, shellsAreHere } from '../ground/cli/pasted.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { killPostgres } from '../ground/scenarios/its-postgres.ts'
import { launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { occupy } from '../ground/services/services-process.ts'
import { until } from '../ground/until.ts'

const freePorts = ['--port', '0', '--cdn-port', '0', '--control-port', '0']

test.runIf(shellsAreHere)(
  '[K1] the printed lines, pasted one after another, end in a conversation that zaplog shows',
  async () => {
    const simulate = launchVerb(['simulate', ...freePorts])
    await simulate.says('examples: curl')
    const [start = '', ...lines] = commandsOf(simulate.stdout())
    expect(start).toMatch(/ \.\/zaplog start$/)
    expect(lines).toHaveLength(5)

    const dataDir = makeDataDir()
    onTestFinished(dataDir.remove)
    const settings = Object.fromEntries([...start.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]))
    expect(Object.keys(settings).filter(name => name !== 'PORT')).toEqual(['DATA_DIR', 'WHATSAPP_URL', 'WHATSAPP_CDN_URL'])
    delete settings.PORT // where the usual one is taken on this machine
    const launched = launchZaplog({ program: 'start', dataDir: dataDir.path, env: { ...settings, DATA_DIR: dataDir.path } })
    onTestFinished(async () => {
      await launched.kill()
      await killPostgres(dataDir.path)
    })
    const zaplog = await launched.listening
    const here = (line: string) =>
      line.replaceAll(/http:\/\/127\.0\.0\.1:7[0123]70/g, zaplog.url).replaceAll(/(\.\/)?data-simulated/g, dataDir.path)

    const [create = '', scan = '', play = '', read = '', restart = ''] = lines.map(here)
    expect(await paste(create, { ZAPLOG_URL: zaplog.url })).toBe('support\n')
    const phone = JSON.parse(await paste(scan))
    expect(phone).toMatchObject({ pn: '5511900000001' })
    const played: { messageId: string; kind: string }[] = JSON.parse(await paste(play)).data
    expect(played.length).toBeGreaterThan(10)
    const last = played.findLast(line => line.kind === 'text')?.messageId
    await until('zaplog to show the conversation', async () => {
      const shown: { data: { messageId: string }[] } = JSON.parse(await paste(read))
      return shown.data.some(message => message.messageId === last)
    })
    expect(await paste(restart, { ZAPLOG_URL: zaplog.url })).toBe('restarting support\n')
  },
)

test('[K1] its lines fit what is set: the directory, the port, what receivers may be, and the source of the key', async () => {
  const screenIn = async (env: Readonly<Record<string, string>>) => {
    const simulate = launchVerb(['simulate', ...freePorts], env)
    await simulate.says('examples: curl')
    return simulate.stdout()
  }
  const dataDir = makeDataDir()
  onTestFinished(dataDir.remove)
  const own = await screenIn({ DATA_DIR: dataDir.path, PORT: '7999', WEBHOOK_ALLOW_LOOPBACK: 'true' })
  expect(own).toMatch(
    new RegExp(
      `^ {2}DATA_DIR=${dataDir.path} PORT=7999 WEBHOOK_ALLOW_LOOPBACK=true WHATSAPP_URL=\\S+ WHATSAPP_CDN_URL=\\S+ \\./zaplog start$`,
      'm',
    ),
  )
  expect(own).toContain(`  DATA_DIR=${dataDir.path} ZAPLOG_URL=http://127.0.0.1:7999 ./zaplog instances create`)
  expect(own).toContain(`$(cat ${dataDir.path}/admin-key)" 'http://127.0.0.1:7999/v1/instances/support/messages'`)
  expect(own).not.toContain('Careful')
  writeFileSync(join(dataDir.path, 'admin-key'), 'a key')
  expect(await screenIn({ DATA_DIR: dataDir.path, ADMIN_API_KEY: 'secret-of-the-test' })).toMatch(
    /Careful: accounts that are in \S+ would log in to it, and be logged out\.[\s\S]*Bearer \$ADMIN_API_KEY"/,
  )
})

test('[K1] where a zaplog has the usual port already, its lines start another one beside it', async () => {
  const plan = await planOf({}, async port => port !== 7070)
  expect(plan.url).toBe('http://127.0.0.1:7170')
  expect(plan.start({ url: 'ws://x', cdnUrl: 'http://x', controlUrl: '' })).toMatchObject({ PORT: '7170' })
  expect((await planOf({}, async () => true)).url).toBe('http://127.0.0.1:7070')
})

test('[K1] its lines are for the zaplog that it was told of, and say what another port needs where it was told of none', async () => {
  const screenIn = async (env: Readonly<Record<string, string>>, args: readonly string[] = []) => {
    const simulate = launchVerb(['simulate', ...freePorts, ...args], env)
    await simulate.says('examples: curl')
    return simulate.stdout()
  }
  const told = await screenIn({ ZAPLOG_URL: 'http://127.0.0.1:7998/' })
  expect(told).toMatch(/ PORT=7998 .*\.\/zaplog start$/m)
  expect(told).toContain(' ZAPLOG_URL=http://127.0.0.1:7998 ./zaplog instances create')
  expect(told).toContain(`'http://127.0.0.1:7998/v1/instances/support/messages'`)
  expect(told).not.toContain('With another PORT')
  const untold = await screenIn({}, ['--history', '3'])
  expect(untold).toContain('With another PORT there, set ZAPLOG_URL for what follows, and in its addresses.')
  expect(untold).toContain(' --name Support --setting historySync=true --no-qr\n')
  expect(untold).toContain(' ./zaplog instances history support\n')
})

test('[K1] [H7] with --json it says where it is in one document', async () => {
  const simulate = launchVerb(['simulate', ...freePorts, '--json'])
  await simulate.says('\n')
  const { url, cdnUrl, controlUrl, settings } = JSON.parse(simulate.stdout())
  expect(settings).toMatchObject({ WHATSAPP_URL: url, WHATSAPP_CDN_URL: cdnUrl })
  expect((await fetch(`${controlUrl}/sim/v1`)).status).toBe(200)
})

test('[K1] README shows what it prints', async () => {
  const simulate = launchVerb(['simulate', ...freePorts])
  await simulate.says('examples: curl')
  const printed = simulate.stdout()
  const portAfter = (text: string) => printed.match(new RegExp(`${text}=\\w+://127.0.0.1:(\\d+)`))?.[1] ?? ''
  const asByDefault = printed
    .replaceAll(`127.0.0.1:${portAfter('WHATSAPP_URL')}`, '127.0.0.1:7071')
    .replaceAll(`127.0.0.1:${portAfter('WHATSAPP_CDN_URL')}`, '127.0.0.1:7072')
    .replaceAll(/127\.0\.0\.1:\d+\/sim/g, '127.0.0.1:7073/sim')
    .replaceAll(/ (PORT|ZAPLOG_URL)=\S*7[123]70\b/g, '') // where the usual port is taken on this machine
    .replaceAll(/127\.0\.0\.1:7[123]70\b/g, '127.0.0.1:7070')
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\`\`\`\n${asByDefault}\`\`\``)
})

test('[K1] what an account writes is a line on its screen', async () => {
  const simulate = launchVerb(['simulate', ...freePorts])
  await simulate.says('examples: curl')
  const [url = ''] = simulate.stdout().match(/ws:\S+/) ?? []
  const [calls = ''] = simulate.stdout().match(/http:\S+\/sim\/v1$/m) ?? []
  const client = openBaileysClient(url, undefined, { shouldSyncHistoryMessage: () => false })
  onTestFinished(client.close)
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(`${calls}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).ok).toBe(true)
  }
  await post('scan', { qr: await client.whenQr() })
  await client.waitFor(client.isOpen)
  await post('devices/5511900000001/messages', {
    kind: 'text',
    from: { pn: '5511900000011', name: 'Ana Souza' },
    text: 'Bom dia!',
  })
  await client.socket().relayMessage('5511900000011@s.whatsapp.net', { conversation: 'Bom dia, Ana' }, {})
  await simulate.says('→ Ana Souza: Bom dia, Ana\n')
})

test.runIf(shellsAreHere)('[K1] the list of calls that it names is there', async () => {
  const simulate = launchVerb(['simulate', ...freePorts])
  await simulate.says('examples: curl')
  const list = /curl http:\S+\/sim\/v1$/m.exec(simulate.stdout())?.[0] ?? ''
  expect(JSON.parse(await paste(list)).data.length).toBeGreaterThan(5)
})

test.each(['--port', '--cdn-port', '--control-port'])('[K1] a taken %s is one sentence that names it', async option => {
  const taken = await occupy(0)
  onTestFinished(taken.close)
  const simulate = launchVerb(['simulate', ...freePorts, option, String(taken.port)])
  expect(await simulate.ended).toBe(exitCodes.tryLater)
  expect(simulate.stderr()).toBe(`${option} ${taken.port}: taken on 127.0.0.1; choose another, or 0 for a free one\n`)
  expect(simulate.stdout()).toBe('')
})

test('[K1] where one port is taken, the servers on the other two are closed again', async () => {
  const taken = await occupy(0)
  onTestFinished(taken.close)
  const [port, cdnPort] = [await freePort(), await freePort()]
  await expect(openSimulatorServer({ port, cdnPort, controlPort: taken.port })).rejects.toThrow('EADDRINUSE')
  for (const closed of [port, cdnPort]) await (await occupy(closed)).close()
})

test.each([
  [['--port', '7072'], '--port and --cdn-port are both 7072'],
  [['--port', '0', '--cdn-port', '7073'], '--cdn-port and --control-port are both 7073'],
])('[K1] one port for two servers, %j, is refused with both options', async (args, what) => {
  const simulate = launchVerb(['simulate', ...args])
  expect(await simulate.ended).toBe(exitCodes.usage)
  expect(simulate.stderr()).toBe(`${what}: expected a port for each\n`)
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('[K1] %s ends it with 0', async name => {
  const simulate = launchVerb(['simulate', ...freePorts])
  await simulate.says('/sim/v1')
  simulate.signal(name)
  expect(await simulate.ended).toBe(exitCodes.done)
  expect(simulate.stderr()).toBe('stopped\n')
})

test.each(['abc', '70000', '-1', '70.5', ''])('[K1] "%s" is no port, and told as it came', async text => {
  const simulate = launchVerb(['simulate', `--port=${text}`])
  expect(await simulate.ended).toBe(exitCodes.usage)
  expect(simulate.stderr()).toContain(`option '--port <port>' argument '${text}' is invalid. Expected a port from 0 to 65535.`)
})
