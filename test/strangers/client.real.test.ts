// Guarantee: a TypeScript client that a generator makes of /openapi.json compiles, refuses what the API would, and works: it makes an account, sends through it
// and reads the answer.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openStage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Each line is an error that types are to find. */
const wrong = `import createClient from 'openapi-fetch'
import type { paths } from './zaplog.ts'
const zaplog = createClient<paths>({ baseUrl: '' })
const params = { path: { id: 'shop' } }
// @ts-expect-error
zaplog.GET('/v1/nothing')
// @ts-expect-error
zaplog.POST('/v1/instances', { body: { id: 'shop' } })
// @ts-expect-error
zaplog.POST('/v1/instances/{id}/messages', { params, body: { kind: 'text', chatId: 'x', text: 1 } })
// @ts-expect-error
zaplog.GET('/v1/instances/{id}/messages', { params: { ...params, query: { colour: 'red' } } })
`
const compiler = {
  ...{ strict: true, noEmit: true, target: 'es2024', module: 'nodenext', types: ['node'], skipLibCheck: true },
  ...{ allowImportingTsExtensions: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
}

test('[L] [F1] a generated client compiles, refuses what is wrong, makes an account, sends and reads', async () => {
  const stage = await openStage()
  const directory = mkdtempSync(join(tmpdir(), 'zaplog-client-'))
  const inside = (name: string) => join(directory, name)
  try {
    const zaplog = stage.zaplog()
    const described = await fetch(`${zaplog.url}/openapi.json`, { headers: { authorization: `Bearer ${zaplog.key}` } })
    writeFileSync(inside('openapi.json'), await described.text())
    const generator = join(root, 'node_modules/openapi-typescript/bin/cli.js')
    const library = join(root, 'test/ground/strangers/typescript-api.ts')
    await run(process.execPath, ['--import', library, generator, inside('openapi.json'), '-o', inside('zaplog.ts')], {
      cwd: root,
    })
    expect(readFileSync(inside('zaplog.ts'), 'utf8')).toContain('listInstances: {')

    symlinkSync(join(root, 'node_modules'), inside('node_modules'))
    cpSync(join(root, 'examples/client.mts'), inside('client.mts'))
    writeFileSync(inside('package.json'), '{"type":"module"}')
    writeFileSync(inside('wrong.ts'), wrong)
    writeFileSync(inside('tsconfig.json'), JSON.stringify({ compilerOptions: compiler, files: ['client.mts', 'wrong.ts'] }))
    const compiled = run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', inside('tsconfig.json')])
    expect(await compiled.catch(error => error)).toMatchObject({ stdout: '', stderr: '' })

    const ana = stage.simulator.contact({ pn: '5511900000011', name: 'Ana' })
    const client = run(process.execPath, [inside('client.mts'), zaplog.url, 'made', ana.pn], {
      env: { ...process.env, ADMIN_API_KEY: zaplog.key },
    })
    const qr = await until('the client to have made its account', async () => {
      const { body } = await zaplog.call('GET', '/v1/instances/made/qr?wait=5')
      return typeof body.qr === 'string' && body.qr
    })
    const device = await stage.simulator.scanQr(qr, { pn: '5511900000002', name: 'Made' })
    await device.send(ana, { conversation: 'Boa tarde!' })
    expect((await client).stdout).toMatch(/^instance made: created\nsent \w+\nanswered Boa tarde!\n$/)
  } finally {
    rmSync(directory, { recursive: true })
    await stage.close()
  }
})
