// Guarantee: what is wrong with ZAPLOG_URL or with the key is said in one sentence before anything is sent, and the key never.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysJson, KEY, refused } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'

const list = ['instances', 'list']

test.each(['nonsense', '127.0.0.1:7070', 'localhost:7070', 'ftp://127.0.0.1', 'http://127.0.0.1:0'])(
  '[L] ZAPLOG_URL=%s is no URL',
  async url => {
    expect(await refused(list, { ZAPLOG_URL: url })).toEqual({
      code: exitCodes.configuration,
      said: `expected a URL such as http://127.0.0.1:7070 in ZAPLOG_URL, got "${url}"`,
    })
  },
)

test('[L] without ZAPLOG_URL zaplog is looked for where HOST and PORT let it listen', async () => {
  const server = createServer(alwaysJson(200, { data: [], nextCursor: null })).listen(0, '127.0.0.2')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await runVerb(list, { ADMIN_API_KEY: KEY, HOST: '127.0.0.2', PORT: String(port) })).toMatchObject({
    code: exitCodes.done,
  })
  expect(await refused(list, { HOST: '127.0.0.1', PORT: String(port) })).toMatchObject({ code: exitCodes.tryLater })
})

test.each(['no host', '[::]'])('[L] HOST=%s, which is no address alone, is named as it was set', async host => {
  expect(await refused(list, { HOST: host })).toEqual({
    code: exitCodes.configuration,
    said: `HOST: expected an address or a name alone, such as 127.0.0.1 or :: without brackets, got "${host}"`,
  })
})

test('[I2] a password in ZAPLOG_URL is refused and not repeated', async () => {
  expect(await refused(list, { ZAPLOG_URL: `http://me:${KEY}@127.0.0.1:7070` })).toEqual({
    code: exitCodes.configuration,
    said: 'expected a URL such as http://127.0.0.1:7070 in ZAPLOG_URL, got one with a user or a password',
  })
})

test('[L] without a key the two places where it could be are named', async () => {
  const { code, said } = await refused(list, { ADMIN_API_KEY: '', DATA_DIR: 'nowhere/at-all' })
  expect(code).toBe(exitCodes.configuration)
  expect(said).toMatch(
    /^expected a key in ADMIN_API_KEY, or in nowhere\/at-all\/admin-key, in the directory that DATA_DIR names, got neither: ENOENT/,
  )
})

test('[I2] a key that no header can carry is not repeated', async () => {
  expect(await refused(list, { ADMIN_API_KEY: `${KEY}\n` })).toEqual({
    code: exitCodes.configuration,
    said: 'expected a key of letters, digits and signs in ADMIN_API_KEY, got something else',
  })
})

test('[I2] an empty key file is named', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zaplog-cli-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'key')
  writeFileSync(file, '\n')
  expect(await refused(list, { ADMIN_API_KEY: '', ADMIN_API_KEY_FILE: file })).toEqual({
    code: exitCodes.configuration,
    said: `expected a key of letters, digits and signs in ${file}, got an empty file`,
  })
})

test('[L] --help names every place where a key may be', async () => {
  const { code, out } = await runVerb(['--help'], {})
  expect(code).toBe(exitCodes.done)
  for (const place of ['ADMIN_API_KEY,', 'ADMIN_API_KEY_FILE', 'DATA_DIR/admin-key']) expect(out).toContain(place)
})
