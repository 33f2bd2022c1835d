// Guarantee: the commands that start prints work as they are printed, whatever the port, the directory and the source of the key.
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSimulator } from '../../simulator/simulator.ts'
import { startScreen } from '../../src/cli/start-screen.ts'
import { version } from '../../src/cli/version.ts'
import { type RoleName, roles } from '../../src/runtime/config-values.ts'
import type { Environment } from '../../src/runtime/variables.ts'
import { commandsOf, paste, pasteUntil, shellsAreHere } from '../ground/cli/pasted.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { killPostgres } from '../ground/scenarios/its-postgres.ts'
import { makeDataDir, scenarioEnv } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

describe.runIf(shellsAreHere)('a zaplog on another port and in another directory', () => {
  const ADMIN_API_KEY = 'a-key-that-the-test-has-chosen'

  async function launch(folder: string, env: Record<string, string> = {}) {
    const root = makeDataDir()
    const path = join(root.path, folder)
    const simulator = await openSimulator()
    const start = launchVerb(['start'], { ...scenarioEnv(path), WHATSAPP_URL: simulator.url, ...env })
    onTestFinished(async () => {
      start.signal('SIGKILL')
      await start.ended
      await killPostgres(path)
      await simulator.close()
      root.remove()
    })
    await start.says('/openapi.json')
    return { start, simulator, path, commands: commandsOf(start.stdout()) }
  }

  test('[H8] its commands pair a phone, listen to its webhooks and show the API', async () => {
    const { simulator, path, start, commands } = await launch("it's here")
    const [create = '', listen = '', api = ''] = commands
    expect(start.stdout()).toContain(`admin key is in ${path}/admin-key\n`)
    expect(commands).toHaveLength(3)
    const creating = paste(create)
    const pairing = until('the instance to ask for a phone', async () => {
      const { data } = JSON.parse(await paste(api.replace('/openapi.json', '/v1/instances')))
      return data.find((one: { state: string }) => one.state === 'qr')?.id
    }).then(async id => {
      const { qr } = JSON.parse(await paste(api.replace('/openapi.json', `/v1/instances/${id}/qr`)))
      return simulator.scanQr(qr, { pn: '5511900000001' })
    })
    await Promise.all([creating, pairing])
    expect(await pasteUntil(listen, 'whsec_')).toMatchObject({ code: 0, said: expect.stringContaining('stopped listening') })
    expect(JSON.parse(await paste(api))).toMatchObject({ openapi: expect.any(String) })
  })

  test('[I2] with ADMIN_API_KEY no file is named, and they work where it is set', async () => {
    const { start, path, commands } = await launch('data', { ADMIN_API_KEY })
    expect(start.stdout()).toContain('with the same ADMIN_API_KEY, which these commands read too:\n')
    expect(start.stdout()).not.toContain(path)
    expect(start.stdout()).not.toContain(ADMIN_API_KEY)
    expect(commands).toHaveLength(3)
    expect(await pasteUntil(commands[1] ?? '', 'whsec_', { ADMIN_API_KEY })).toMatchObject({ code: 0 })
    expect(JSON.parse(await paste(commands[2] ?? '', { ADMIN_API_KEY }))).toMatchObject({ openapi: expect.any(String) })
  })

  test('[I2] with ADMIN_API_KEY_FILE they read that file', async () => {
    const secrets = makeDataDir()
    onTestFinished(secrets.remove)
    const file = join(secrets.path, 'key of the admin')
    writeFileSync(file, `${ADMIN_API_KEY}\n`)
    const { commands } = await launch('data', { ADMIN_API_KEY_FILE: file })
    expect(commands[1]).toContain(` ADMIN_API_KEY_FILE='${file}' ./zaplog webhooks listen`)
    expect(await pasteUntil(commands[1] ?? '', 'whsec_')).toMatchObject({ code: 0 })
    expect(JSON.parse(await paste(commands[2] ?? ''))).toMatchObject({ openapi: expect.any(String) })
  })
})

describe('the screen', () => {
  const adminKey = { value: 'the-key', file: resolve('data/admin-key'), created: true }
  const listening = { version: '1.2.3', url: 'http://127.0.0.1:7070', adminKey }
  const settings: { config: { roles: readonly RoleName[] }; env: Environment; isTerminal: boolean; columns: number } = {
    config: { roles },
    env: {},
    isTerminal: false,
    columns: Number.POSITIVE_INFINITY,
  }
  const screenOf = (of: Partial<typeof listening>, given: Partial<typeof settings> = {}) =>
    startScreen({ ...listening, ...of }, { ...settings, ...given }).join('\n')

  test('[H8] where everything is as by default, its commands need no settings', () => {
    expect(screenOf({})).toBe(
      [
        'zaplog 1.2.3 listens on http://127.0.0.1:7070',
        'admin key is in data/admin-key',
        'in a browser, with the key: http://127.0.0.1:7070/',
        '',
        'next, in another terminal:',
        '  pair a phone: shows its QR code',
        '    ./zaplog instances create --name "Support"',
        '  see its messages as your own program would get them',
        '    ./zaplog webhooks listen',
        '  everything else',
        '    curl -H "authorization: Bearer $(cat data/admin-key)" http://127.0.0.1:7070/openapi.json',
      ].join('\n'),
    )
  })

  test('[H8] it is what README shows', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    expect(readme).toContain(`\`\`\`\n${screenOf({ version })}\n\`\`\``)
  })

  test('[I2] a new key is shown to a terminal, and to nothing else', () => {
    expect(screenOf({})).not.toContain('the-key')
    expect(screenOf({}, { isTerminal: true })).toContain('admin key, shown this once: the-key')
    expect(screenOf({ adminKey: { ...adminKey, created: false } }, { isTerminal: true })).not.toContain('the-key')
  })

  test.each([
    ['http://0.0.0.0:7070', '    ./zaplog instances'],
    ['http://0.0.0.0:7170', '    ZAPLOG_URL=http://127.0.0.1:7170 ./zaplog instances'],
    ['http://[::]:7070', '    ZAPLOG_URL=http://[::1]:7070 ./zaplog instances'],
    ['http://192.0.2.7:7070', '    ZAPLOG_URL=http://192.0.2.7:7070 ./zaplog instances'],
  ])('[H8] a zaplog at %s is spoken to where it is reached', (url, command) => {
    expect(screenOf({ url })).toContain(`\n${command}`)
    expect(screenOf({ url })).toMatch(/^in a browser, with the key: http:\/\/(127\.0\.0\.1|\[::1\]|192\.0\.2\.7):\d+\/$/m)
  })

  test('[H8] what a shell would take for a pattern is quoted', () => {
    expect(screenOf({ url: 'http://[::1]:7170' })).toContain(" 'http://[::1]:7170/openapi.json'")
  })

  test('[H8] a process without the API names no calls of it, and no page', () => {
    expect(screenOf({}, { config: { roles: ['producers'] } })).not.toMatch(/next|browser/)
  })
})
